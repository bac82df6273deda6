"""A policy of the user's own, scored in the real sandbox; and the machine looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.store.places import store_at
from archive.store.spool import Spools
from archive.store.texts import line
from evaluators.contract import Policy
from evolve.cli.main import main
from evolve.runs import Run, open_run
from tests.evolve.cli.conftest import TWO_QUEUES

SHORTEST = """
def choose(head_service_s):
    return int(head_service_s[1] < head_service_s[0])
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.py"
    path.write_text(SHORTEST)
    return path


def evaluate(policy: Path, *words: str) -> list[str]:
    return [
        "evaluate",
        str(TWO_QUEUES),
        str(policy),
        "--param",
        "jobs=60",
        "--workers",
        "2",
        *words,
    ]


def document(capsys: pytest.CaptureFixture[str], policy: Path, code: int) -> Any:
    assert main([*evaluate(policy), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_evaluate_as_json_keeps_its_shape(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, policy, code=0)
    assert list(found) == [
        "problem", "policy_digest", "split", "outcome", "failure", "failures", "objectives",
        "workloads", "sandbox", "device", "reference_drift",
    ]  # fmt: skip
    assert set(found["problem"]) == {"name", "version", "digest"}
    assert found["policy_digest"] == Policy("", SHORTEST).digest
    assert (found["split"], found["outcome"], found["failure"]) == ("search", "score", None)
    assert found["failures"] == {}
    about = found["objectives"]["mean_wait_0"]
    assert list(about) == ["value", "unit", "better", "kind", "best_baseline", "limit"]
    assert about["limit"] < about["value"] < about["best_baseline"]
    by_workload = found["workloads"]
    assert set(by_workload) == {"seed-10", "seed-11", "seed-12", "seed-13"}
    assert set(by_workload["seed-10"]) == {"mean_wait_0", "mean_wait_1"}
    assert set(found["sandbox"]) == {"level", "filter_sha256"}


def test_evaluate_as_a_table(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(evaluate(policy)) == 0
    text = capsys.readouterr().out
    assert "best baseline" in text
    assert "mean_wait_1" in text


def test_a_policy_that_does_not_load_exits_with_1(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text("def choose(:\n")
    found = document(capsys, policy, code=1)
    assert (found["outcome"], found["failure"]["kind"]) == ("failure", "syntax")
    assert found["objectives"]["mean_wait_0"]["value"] is None
    assert found["workloads"] == {}


def test_a_policy_that_fails_on_a_workload_exits_with_1(
    policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy.write_text("def choose():\n    return 7\n")
    found = document(capsys, policy, code=1)
    assert found["outcome"] == "score"
    assert {f["kind"] for f in found["failures"].values()} == {"invalid action"}
    assert found["workloads"]["seed-10"]["mean_wait_0"] == 60


def test_the_sealed_split_is_opened_on_the_record_only(
    policy: Path, archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*evaluate(policy, "--split", "sealed"), "--archive", archive]
    assert main(words) == 2
    assert "on the record" in capsys.readouterr().err
    before = len(open_run(archive, "queues").openings())
    assert main([*words, "--run", "queues"]) == 0
    assert f"opening {before + 1} " in capsys.readouterr().err
    assert len(open_run(archive, "queues").openings()) == before + 1


def test_doctor_names_what_waits_for_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = "postgresql://me@host/db"
    spools = {run: Spools(place, run, 1, run).begin() for run in ("held", "left", "refused")}
    spools["left"].append(line("note", ["stop", {}, "t"]))
    spools["left"].close()
    spools["refused"].refuse()
    assert main(["doctor", "--json", "--archive", str(tmp_path)]) == 1
    said = [f for f in json.loads(capsys.readouterr().out) if f["subject"] == "spool"]
    found = {run: f for f in said for run in spools if f"of run {run} in {place}" in f["text"]}
    assert [found[run]["is_well"] for run in spools] == [True, False, False]
    assert found["left"]["text"].startswith("1 rows")
    assert f"adrs resume left --archive {place}" in found["left"]["text"]
    assert "do not fit it any more" in found["refused"]["text"]


def test_doctor_says_what_else_there_is_where_a_server_is_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = "postgresql://me@127.0.0.1:1/db"
    assert main(["doctor", "--json", "--archive", away]) == 1
    findings = [(f["subject"], f["is_well"]) for f in json.loads(capsys.readouterr().out)]
    assert ("python", True) in findings
    assert [f for f in findings if f[0] == "archive"] == [("archive", False)]


def test_doctor_finds_nothing_wrong_with_a_run_that_goes_on(
    archive: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "failures", lambda _: {"crash": 99})  # counted a moment later
    words = ["doctor", "queues", "--json", "--archive", archive]
    with store_at(archive).open("queues", write=True):
        assert main(words) == 0
    assert "stopped: running" in capsys.readouterr().out
    assert main(words) == 1


def test_doctor_knows_neither_a_run_nor_a_problem(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for word, meant in (("quueues", "queues"), ("expert_placment", "expert_placement")):
        assert main(["doctor", word, "--archive", archive]) == 2
        first, second = capsys.readouterr().err.splitlines()
        assert first == f"adrs: no run {word!r} in {archive}, and no problem of that name"
        assert second == f"hint: did you mean {meant!r}?"


def test_doctor_names_the_protection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--archive", str(tmp_path)]) == 0
    findings = {f["subject"]: f for f in json.loads(capsys.readouterr().out)}
    assert {"python", "packages", "cpus", "sandbox", "disk"} <= set(findings)
    assert findings["sandbox"]["text"].split(":")[0] in ("L1", "L2", "L3")
