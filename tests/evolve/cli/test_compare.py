"""Policies and runs compared: real runs, and policies played in the real sandbox."""

from __future__ import annotations

import json
from operator import le
from pathlib import Path
from typing import Any

import pytest

from evaluators.contract import Policy
from evaluators.registry import ProblemSpec
from evaluators.scoring import on_grid
from evolve.cli.main import main
from evolve.runs import open_run
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.cli.conftest import SEALED
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.problems import GUESS, PLANTED
from tests.problems.planted import answering

FEW = {"clusters": "5"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the runs `one` and `two`, and `few` of other parameters."""
    folder = str(tmp_path_factory.mktemp("runs"))
    for seed, (name, parameters) in enumerate((("one", {}), ("two", {}), ("few", FEW))):
        spec = ProblemSpec(PLANTED.name, parameters)
        settings = Settings(spec, evaluations=20, seed=seed, name=name, archive=folder)
        run(settings, executor=DelayedExecutor(spec.load(), 2, shuffled_delays(0, 0.001), SEALED))
    return folder


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Policies in files: a good and a bad one, one that breaks a rule, one that is no Python."""
    sources = {
        "good": answering(0.4, 1), "bad": answering(0.6, 2), "rude": answering(7.0),
        "broken": "def decide(:\n",
    }  # fmt: skip
    for name, source in sources.items():
        (tmp_path / f"{name}.py").write_text(source)
    return {name: str(tmp_path / f"{name}.py") for name in sources}


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["compare", *words]) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    return json.loads(shown(capsys, *words, "--json", code=code))


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["compare", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 2
    return captured.err


# -- policies ------------------------------------------------------------------------------------


def test_entries_are_compared_by_what_the_journal_knows(
    runs: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluators.execution.local.LocalExecutor", None)  # nothing is played
    half, little, _ = open_run(runs, "one").baselines().values()
    found = document(
        capsys, f"one/{half.number}", f"two/{little.number}", "--archive", runs
    )  # fmt: skip
    assert list(found) == [
        "kind", "problem", "split", "workloads", "clusters", "chosen_here", "a", "b", "objectives",
    ]  # fmt: skip
    assert (found["kind"], found["split"], found["clusters"]) == ("policies", "selection", 12)
    assert found["a"]["id"] == f"one/{half.number}"
    assert found["b"]["digest"] == little.proposal.digest
    cost, delay = found["objectives"]
    assert list(cost) == [
        "objective", "unit", "better", "kind", "a", "b", "difference", "interval", "p",
        "resolution", "noise_floor", "verdict",
    ]  # fmt: skip
    assert cost["a"] == half.values["selection"]["cost"]
    assert cost["difference"] == pytest.approx(cost["a"] - cost["b"])
    assert cost["interval"]["low"] < cost["difference"] < cost["interval"]["high"]
    assert (cost["verdict"], delay["verdict"]) == ("B is better", "A is better")
    assert cost["p"] == 4 / 2**12


def test_files_are_played(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    words = [files["good"], files["bad"], "--problem", PLANTED.name]
    found = document(capsys, *words)
    assert [o["verdict"] for o in found["objectives"]] == ["A is better", "B is better"]
    assert found["a"]["outcome"] == "score"
    assert found["a"]["id"] is None
    text = shown(capsys, *words)
    for part in ("A good.py", "B bad.py", "on 12 selection workloads in 12 clusters", "cost ↓",
                 "cost (1, resolution 0.001): A is better"):  # fmt: skip
        assert part in text


def test_a_digest_is_a_text_whichever_run_it_is_known_by(
    runs: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    little = open_run(runs, "one").baselines()["little"].proposal.digest
    found = document(capsys, little[:12], "one/1", "--archive", runs)
    assert found["clusters"] == 12  # of the run that the id names, not of `few`
    assert found["objectives"][0]["verdict"] == "A is better"


def test_a_policy_and_itself(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, files["good"], files["good"], "--problem", PLANTED.name)
    for o in found["objectives"]:
        assert (o["difference"], o["p"]) == (0.0, 1.0)
        assert o["verdict"] == "differs by less than the resolution"


def test_baselines_have_names(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["little", "much", "--problem", PLANTED.name, "--param", "clusters=5"]
    found = document(capsys, *words)
    assert {o["verdict"] for o in found["objectives"]} == {"too few clusters"}
    assert {o["p"] for o in found["objectives"]} == {None}
    assert "cost (1, resolution 0.001): no interval: 5 clusters" in shown(capsys, *words)


def test_a_failed_policy_is_not_averaged_away(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name, kind in (("rude", "invalid action"), ("broken", "syntax")):
        words = [files["good"], files[name], "--problem", PLANTED.name]
        found = document(capsys, *words, code=1)
        assert found["objectives"] == []
        assert found["a"]["failures"] == {}
        failures = [*found["b"]["failures"].values(), *filter(None, [found["b"]["failure"]])]
        assert {f["kind"] for f in failures} == {kind}
    text = shown(capsys, *words, code=1)
    assert "  failed: syntax: " in text
    assert "no comparison" in text


def test_what_is_measured_is_measured_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow.py").write_text("def guess(last):\n    sum(range(50000))\n    return last\n")
    words = ["last", str(tmp_path / "slow.py"), "--problem", GUESS.name]
    cpu = document(capsys, *words)["objectives"][-1]
    assert (cpu["objective"], cpu["kind"], cpu["p"]) == ("cpu", "measured", None)
    assert cpu["b"] > 2 * cpu["a"]
    assert cpu["verdict"] == "too few clusters"  # whatever the clocks say
    names = [o["objective"] for o in document(capsys, *words, "--exact")["objectives"]]
    assert names == ["error", "movement"]


def test_the_sealed_split_is_opened_in_the_runs_that_are_judged(
    runs: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = [open_run(runs, name).openings() for name in ("one", "two")]
    assert main(["compare", "one/1", "two/2", "--split", "sealed", "--archive", runs]) == 0
    captured = capsys.readouterr()
    assert "on 12 sealed workloads" in captured.out
    for name, openings in zip(("one", "two"), before, strict=True):
        count = len(openings) + 1
        assert f"opening {count} of the sealed workloads, noted in {name}" in captured.err
        now = open_run(runs, name).openings()
        digest = Policy("", open_run(runs, "one").entry(1).proposal.source).digest
        assert len(now) == count
        assert now[-1][0].startswith(f"compare {digest} ")
    words = [files["good"], files["bad"], "--problem", PLANTED.name, "--archive", runs]
    assert "on the record only" in refused(capsys, *words, "--split", "sealed")
    shown(capsys, *words, "--split", "sealed", "--run", "two")
    assert len(open_run(runs, "two").openings()) == len(before[1]) + 2


def test_a_file_that_solves_no_known_problem(
    files: dict[str, str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = [files["good"], files["bad"], "--archive", str(tmp_path)]
    assert "add --problem NAME" in refused(capsys, *words)
    assert "no file 'nowhere.py'" in refused(capsys, "nowhere.py", *words[1:])


def test_policies_of_other_parameters_are_refused(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, "one/1", "few/1", "--archive", runs)
    assert "not what run few was started on" in told
    assert "compare what is of one problem" in told


# -- runs ----------------------------------------------------------------------------------------


def test_runs_are_compared_by_their_volumes(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "one", "two", "--archive", runs)
    assert list(found) == [
        "kind", "problem", "split", "chosen_here", "volume_objectives", "front_objectives", "a",
        "b", "gain", "interval", "verdict",
    ]  # fmt: skip
    one, two = (open_run(runs, name) for name in ("one", "two"))
    assert found["a"]["hypervolume"] == pytest.approx(one.hypervolume())
    assert found["gain"] == pytest.approx(one.hypervolume() - two.hypervolume())
    assert found["a"]["front"] == [f"one/{e.number}" for e in one.front()]
    assert 0 < len(found["a"]["joint_front"]) <= len(found["a"]["front"])
    mirrored = document(capsys, "two", "one", "--archive", runs)
    assert mirrored["gain"] == -found["gain"]
    assert mirrored["b"] == found["a"]
    text = shown(capsys, "one", "two", "--archive", runs)
    for part in ("A one: hypervolume 0.", "over 12 clusters", "cost, delay on the selection"):
        assert part in text


def test_the_joint_front_is_what_nothing_of_either_dominates(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "one", "two", "--archive", runs)
    problem = open_run(runs, "one").problem
    points = {
        f"{name}/{e.number}": [
            on_grid(o, e.values["selection"][o.name]) for o in problem.objectives
        ]
        for name in ("one", "two")
        for e in open_run(runs, name).front()
    }
    undominated = {
        id_
        for id_, p in points.items()
        if not any(all(map(le, q, p)) and q != p for q in points.values())
    }
    assert {*found["a"]["joint_front"], *found["b"]["joint_front"]} == undominated


def test_a_run_and_itself(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "one", "one", "--archive", runs)
    assert (found["gain"], found["interval"]["low"]) == (0.0, 0.0)
    assert found["verdict"] == "no difference shown"
    assert found["a"]["joint_front"] == found["a"]["front"] == found["b"]["joint_front"]


def test_runs_are_compared_on_sealed_workloads_once_they_are_opened(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(open_run(runs, "one").openings())
    found = document(capsys, "one", "two", "--split", "sealed", "--archive", runs)
    assert found["split"] == "sealed"
    assert found["a"]["failed"] == {}
    assert found["interval"]["clusters"] == 12
    assert open_run(runs, "one").openings()[before][0] == "compare one two"


def test_few_clusters_give_no_verdict(runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert document(capsys, "few", "few", "--archive", runs)["verdict"] == "too few clusters"
    assert "no interval: 5 clusters" in shown(capsys, "few", "few", "--archive", runs)


def test_runs_of_other_parameters_and_half_a_pair_are_refused(
    runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "not what run few" in refused(capsys, "one", "few", "--archive", runs)
    assert "one is a run and two/1 is none" in refused(capsys, "one", "two/1", "--archive", runs)


def test_who_was_chosen_on_these_workloads_is_told(
    runs: str, files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = "chosen on these workloads: --split sealed judges without that"
    found = next(e for e in open_run(runs, "one").front() if e.proposal.parents)
    pair = [f"one/{found.number}", files["bad"], "--archive", runs]
    for words in (pair, ["one", "two", "--archive", runs]):
        assert told in shown(capsys, *words).splitlines()
        assert document(capsys, *words)["chosen_here"]
        assert told not in shown(capsys, *words, "--split", "sealed")
        assert not document(capsys, *words, "--split", "sealed")["chosen_here"]
    for words in ([files["good"], files["bad"], "--problem", PLANTED.name],
                  ["one/1", "two/2", "--archive", runs]):  # fmt: skip
        assert told not in shown(capsys, *words)
        assert not document(capsys, *words)["chosen_here"]


# -- runs that were given more than a budget -----------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with `free`, `never`, whose requirement nothing meets, and `cheap`, which went by
    cost alone.
    """
    folder = str(tmp_path_factory.mktemp("told"))
    given: dict[str, Any] = {
        "free": {}, "never": {"require": ("cost<=0.01",)}, "cheap": {"objectives": ("cost",)},
    }  # fmt: skip
    for name, more in given.items():
        settings = Settings(PLANTED, evaluations=12, name=name, archive=folder, **more)
        executor = DelayedExecutor(PLANTED.load(), 2, shuffled_delays(0, 0.001), SEALED)
        run(settings, executor=executor)
    return folder


def test_what_breaks_a_requirement_counts_for_nothing(
    told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "free", "never", "--archive", told)
    front = found["b"]["front"]
    assert front
    assert found["b"]["breaking"] == front
    assert found["b"]["require"] == ["cost<=0.01"]
    assert (found["b"]["hypervolume"], found["b"]["joint_front"]) == (0, [])
    assert found["gain"] == found["a"]["hypervolume"] > 0
    assert found["a"]["joint_front"] == found["a"]["front"]
    assert "breaking" not in found["a"]
    text = shown(capsys, "free", "never", "--archive", told)
    count = len(front)
    assert f"  {count} of {count} on its front break cost<=0.01: counted in nothing here" in text
    assert "these runs required different things: each front is held to its own" in text
    assert "required" not in shown(capsys, "free", "free", "--archive", told)


def test_volumes_are_over_what_both_went_by(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "free", "cheap", "--archive", told)
    assert found["volume_objectives"] == found["front_objectives"] == ["cost"]
