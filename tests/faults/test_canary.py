"""A canary in place of the key: nothing that a run starts or leaves behind holds a piece of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from evolve.cli.main import main
from tests.evolve.llm.asking import KEY
from tests.problems import GUESS
from tests.processes import processes_below
from tests.stub_models.answers import guess
from tests.stub_models.plans import script
from tests.stub_models.server import StubModels, running

# the faults that quote a key, or make an SDK speak of its request, before the key is refused
FAULTS = [
    part
    for fault in ("echoed key", "HTML", "bad JSON", "reset", "bad request", "server error")
    for part in (fault, "ok", "ok")
]
TELLING = [KEY[i : i + 8] for i in range(8, len(KEY) - 7)]
VERBS = (
    "status r", "status r --json", "show r/6", "front r", "replay r", "prompt r", "runs",
    "doctor r", "export r/1 -o exported.py",
)  # fmt: skip
ADRS = [sys.executable, "-m", "evolve.cli.main"]


def telling(blob: bytes | str) -> list[str]:
    text = blob.decode("latin-1") if isinstance(blob, bytes) else blob
    return [part for part in TELLING if part in text]


def environment(home: Path, where: str) -> dict[str, str]:
    """Little beside the key, so that all that is written is written below `home`."""
    (home / "tmp").mkdir()
    given = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "PATH": os.environ["PATH"]}
    keys = {"CANARY_API_KEY": KEY, "GROQ_API_KEY": KEY} if where == "variable" else {}
    return {**given, **keys, "PYTHONPATH": str(Path.cwd())}


def words_of(home: Path, where: str, url: str) -> list[str]:
    named = {"variable": "model.key_variable=CANARY_API_KEY", "file": "model.key_file=key"}
    if where == "file":
        (home / "key").write_text(f"{KEY}\n")
    words = ["run", GUESS.name, "--model", "openai/stub", "--tokens", "10000000", "--name", "r"]
    words += ["--set", f"model.base_url={url}", "--set", "model.concurrency=2", "--workers", "1"]
    return [*ADRS, *words, "--set", named[where]]


def watched(process: subprocess.Popen[str]) -> Mapping[int, bytes]:
    """Command line and environment of a process and all below it, as long as it runs; by pid."""
    seen: dict[int, bytes] = {}
    while process.poll() is None:
        for pid in {process.pid, *processes_below(process.pid)}:
            for name in ("environ", "cmdline"):
                seen[pid] = seen.get(pid, b"") + read(Path(f"/proc/{pid}/{name}"))
        time.sleep(0.2)
    return seen


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended, or nobody may look
        return b""


def cells(database: Path) -> Iterator[bytes]:
    """Every cell of every table; what is compressed as it was before."""
    engine = create_engine(f"sqlite:///{database}")
    with closing(engine.connect()) as connection:
        for table in inspect(engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                for cell in row:
                    yield plain(cell) if isinstance(cell, bytes) else str(cell).encode()


def plain(blob: bytes) -> bytes:
    try:
        return zlib.decompress(blob)
    except zlib.error:
        return blob


@pytest.mark.parametrize("where", ["variable", "file"])
def test_no_piece_of_a_key_is_left_anywhere(tmp_path, where, monkeypatch, capfd):
    environ = environment(tmp_path, where)
    plan = script(*FAULTS, then="unauthorized")
    with running(StubModels(plan, text=guess)) as stub:
        process = subprocess.Popen(
            words_of(tmp_path, where, stub.openai_url), cwd=tmp_path, env=environ, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        seen = watched(process)
        said = "".join(process.communicate())
        assert all(KEY in r.headers["authorization"] for r in stub.requests)
        assert {"echoed key", "unauthorized"} <= {r.fault for r in stub.requests}
    assert process.returncode == 0, said
    assert "no model answers" in said
    own = seen.pop(process.pid)
    assert bool(telling(own)) == (where == "variable"), "the engine alone has the key"
    assert sum(map(len, seen.values())) > 0
    assert not [pid for pid, blob in seen.items() if telling(blob)]
    monkeypatch.chdir(tmp_path)
    for verb in VERBS:
        assert main(verb.split()) == 0, verb
    said += "".join(capfd.readouterr())
    assert not telling(said)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "key"]
    assert {p.name for p in left} >= {"exported.py", "config.json"}
    assert not [path for path in left if telling(path.read_bytes())]
    [journal] = (p for p in left if p.suffix in (".db", ".sqlite"))
    held = list(cells(journal))
    assert any(b"your key is ***" in cell for cell in held), "the canary was to be echoed"
    assert not [cell for cell in held if telling(cell)]
