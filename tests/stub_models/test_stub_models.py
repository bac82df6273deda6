"""The stub as others use it: as a process, with its plans and latencies."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.stub_models.faults import FAULTS
from tests.stub_models.plans import cycle, lognormal, mixture, script


@contextmanager
def process(*options: str) -> Iterator[str]:
    """The address of a stub in a process of its own."""
    command = [sys.executable, "-m", "tests.stub_models", *options]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as stub:
        assert stub.stdout
        try:
            yield stub.stdout.readline().strip()
        finally:
            stub.kill()


def get(url: str) -> dict:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def post(url: str, text: str) -> int:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 9}
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_process_answers_by_script_and_counts() -> None:
    with process("--script", "rate limit,overloaded") as url:
        assert get(f"{url}/health") == {"status": "ok"}
        assert [post(url, f"call {n}") for n in range(3)] == [429, 529, 200]
        stats = get(f"{url}/stats")
        assert (stats["requests"], stats["answered"], stats["peak_in_flight"]) == (3, 3, 1)
        assert stats["by_fault"] == {"rate limit": 1, "overloaded": 1, "ok": 1}
        listed = get(f"{url}/requests")
        assert [r["messages"][0]["content"] for r in listed] == ["call 0", "call 1", "call 2"]
        assert "headers" not in listed[0]


def test_an_unknown_fault_is_refused() -> None:
    command = [sys.executable, "-m", "tests.stub_models", "--cycle", "ok,flood"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 1
    assert "unknown: flood" in done.stderr


def test_plans() -> None:
    assert [script("reset", then="ok")(n) for n in range(3)] == ["reset", "ok", "ok"]
    assert [cycle("ok", "HTML")(n) for n in range(3)] == ["ok", "HTML", "ok"]
    drawn = mixture({"reset": 0.1, "HTML": 0.2}, seed=1)
    counts = Counter(drawn(n) for n in range(2000))
    assert counts["reset"] == pytest.approx(200, abs=50)
    assert counts["HTML"] == pytest.approx(400, abs=60)
    assert set(counts) <= set(FAULTS)


def test_lognormal_latency_has_its_mean_its_spread_and_its_stragglers() -> None:
    latency_s = lognormal(1.0, seed=3)
    drawn = np.array([latency_s(n) for n in range(4000)])
    assert latency_s(7) == latency_s(7)
    usual = np.sort(drawn)[: int(0.99 * len(drawn))]
    assert usual.mean() == pytest.approx(1.0, abs=0.1)
    assert usual.std() / usual.mean() == pytest.approx(1.0, abs=0.2)
    assert 10 < np.sort(drawn)[-20:].mean() < 60
