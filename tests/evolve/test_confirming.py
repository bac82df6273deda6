"""A front measured on a device that a test makes up: rankings, noise, drift, and nothing lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from archive.library import dump
from archive.store.places import store_at
from archive.store.texts import lines_of
from evaluators.errors import UsageError
from evaluators.execution.executor import Job
from evaluators.registry import ProblemSpec
from evolve.confirmed import Confirmed
from evolve.confirming import confirm
from evolve.events import Event, Played
from evolve.runs import open_run
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.changing import GIVEN
from tests.evolve.fakes import DelayedExecutor
from tests.problems import timed

SPEC = ProblemSpec(str(Path(str(timed.__file__))))


@dataclass
class Made:
    """A run of `timed`, and what was played to confirm it."""

    archive: str
    played: list[Job] = field(default_factory=list)

    def confirm(
        self, observer: Callable[[Event], None] = lambda _: None, device: str = "cpu", **given: Any
    ) -> Confirmed:
        options = {k: given.pop(k) for k in ("most", "rounds", "split") if k in given}
        parameters = {k: str(v) for k, v in given.items()}
        problem = replace(SPEC, parameters=parameters, device=device).load()
        executor = DelayedExecutor(problem, 1, lambda: 0.0)
        self.played = executor.played
        return confirm(
            self.archive, "r", device, parameters=parameters, observer=observer,
            executor=executor, **options,
        )  # fmt: skip

    def rows(self, kind: str) -> list[Any]:
        with closing(store_at(self.archive).open("r")) as journal:
            rows = (json.loads(text) for text in lines_of(journal))
            return [row for row in rows if row[0] == kind]

    def dumped(self) -> bytes:
        with closing(store_at(self.archive).open("r")) as journal:
            return dump(journal, SPEC.load())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return searched(tmp_path)


def searched(tmp_path: Path, *require: str) -> Made:
    archive = str(tmp_path / "runs")
    settings = Settings(
        SPEC, name="r", archive=archive, evaluations=6, seed_policies=GIVEN, require=require
    )
    run(settings, executor=DelayedExecutor(SPEC.load(), 2, lambda: 0.0))
    return Made(archive)


def interrupt_after(arrivals: int) -> Callable[[Event], None]:
    def interrupt(event: Event) -> None:
        if isinstance(event, Played) and event.done >= arrivals:
            raise KeyboardInterrupt

    return interrupt


def test_a_device_that_agrees_keeps_every_pair_and_the_winner(made: Made) -> None:
    found = made.confirm()
    simulated = [s.simulated for s in found.subjects]
    assert simulated == sorted(simulated, reverse=True)
    assert {"largest_first", "round_robin", "stay"} <= {s.name for s in found.subjects}
    assert found.noise == 0.0
    assert found.objection == ""
    assert {p.agreement for p in found.pairs} <= {"alike", "not told apart"}
    assert any(p.agreement == "alike" for p in found.pairs)
    assert found.winner is found.subjects[0]
    assert found.overtaken_by == []


def test_a_device_that_orders_them_the_other_way_takes_the_winner_down(made: Made) -> None:
    found = made.confirm(law="direct")
    assert found.correlation is not None
    assert found.correlation < 0
    reversed_ = [p for p in found.pairs if p.agreement == "reversed"]
    assert reversed_
    assert all(p.contrast.a > p.contrast.b for p in reversed_), "the better one took longer"
    assert found.overtaken_by
    assert found.overtaken_by[0] == found.ranked[0]


def test_what_lies_within_the_noise_of_equals_is_not_told_apart(made: Made) -> None:
    found = made.confirm(law="direct", noise=3.0)
    assert found.noise is not None
    assert found.noise > 0.5
    assert {p.agreement for p in found.pairs} == {"not told apart"}
    assert found.overtaken_by == []


def test_policies_that_take_as_long_keep_the_winner(made: Made) -> None:
    found = made.confirm(law="level")
    assert found.correlation is None
    assert {p.agreement for p in found.pairs} == {"not told apart"}
    assert found.overtaken_by == []


def test_a_device_that_drifts_gives_no_verdict(made: Made) -> None:
    assert "drifted by 12.0%" in made.confirm(drift=0.12).objection
    assert made.confirm(drift=0.05).objection == ""


def test_drift_before_an_interruption_counts_too(made: Made) -> None:
    with pytest.raises(KeyboardInterrupt):
        made.confirm(interrupt_after(2), drift=0.12)
    assert "drifted by 12.0%" in made.confirm(drift=0.12).objection
    assert len(made.rows("message")) == 1


def test_every_round_plays_all_and_the_reference_once_more(made: Made) -> None:
    found = made.confirm(rounds=3)
    size = len(found.subjects)
    assert len(made.played) == 3 * (size + 1)
    assert {job.purpose for job in made.played} == {"device"}
    rounds = [made.played[i * (size + 1) : (i + 1) * (size + 1)] for i in range(3)]
    for jobs in rounds:
        assert len({job.source for job in jobs[:-1]}) == size
        assert jobs[-1].source == found.reference.source
    assert found.reference.name == "largest_first"
    assert len({jobs[0].source for jobs in rounds}) > 1, "another one begins each round"
    assert len({(job.source, job.repeat) for job in made.played}) == len(made.played)


def test_only_the_best_of_the_front_and_all_baselines(made: Made) -> None:
    found = made.confirm(most=1, rounds=1)
    best = open_run(made.archive, "r").best(found.simulated_objective, "selection")
    assert best is not None
    entries = {s.entry.number for s in found.subjects if "/" in s.name}
    assert entries <= {best.number}
    assert found.subjects[0].digest == best.proposal.digest


def test_what_breaks_a_requirement_is_no_winner_and_not_measured(tmp_path: Path) -> None:
    made = searched(tmp_path, "moved<=0.3")
    found = made.confirm()
    assert {s.name for s in found.subjects if "/" not in s.name} == {"stay"}
    assert all(s.entry.values["selection"]["moved"] <= 0.3 for s in found.subjects)
    assert found.winner.name.startswith("r/")
    assert found.reference is found.winner, "the reference policy is not allowed here"


def test_a_front_that_breaks_what_is_required_is_refused(tmp_path: Path) -> None:
    made = searched(tmp_path, "evenness>=1")
    with pytest.raises(UsageError, match="nothing on the front of run r meets what") as refused:
        made.confirm()
    assert "adrs front r" in refused.value.hint
    assert made.rows("message") == []


@pytest.mark.parametrize("arrivals", [1, 5, 11])
def test_what_is_interrupted_goes_on(made: Made, arrivals: int) -> None:
    known = len(made.rows("evaluation"))
    with pytest.raises(KeyboardInterrupt):
        made.confirm(interrupt_after(arrivals))
    kept = len(made.rows("evaluation")) - known
    found = made.confirm()
    assert arrivals <= kept
    assert len(made.played) == 3 * (len(found.subjects) + 1) - kept
    assert len(made.rows("message")) == 1


def test_what_is_complete_is_measured_anew_and_both_stand(made: Made) -> None:
    first = made.confirm()
    total = len(made.played)
    second = made.confirm()
    assert len(made.played) == total
    assert len(made.rows("message")) == 2
    repeats = [
        {p.key.repeat for plays in found.plays.values() for p in plays} for found in (first, second)
    ]
    assert not repeats[0] & repeats[1]


def test_another_question_does_not_go_on_with_it(made: Made) -> None:
    with pytest.raises(KeyboardInterrupt):
        made.confirm(interrupt_after(4))
    found = made.confirm(rounds=2)
    assert len(made.played) == 2 * (len(found.subjects) + 1)


def test_exact_runs_on_a_device_are_equal_whatever_its_clock_says(tmp_path: Path) -> None:
    dumps = []
    for slots in (1, 2):
        spec = replace(SPEC, device="cpu", parameters={"noise": "0.5"})
        made = Made(str(tmp_path / f"runs{slots}"))
        executor = DelayedExecutor(spec.load(), slots, lambda: 0.0)
        settings = Settings(spec, name="r", archive=made.archive, evaluations=12, exact=True)
        found = run(settings, executor=executor)
        with closing(store_at(made.archive).open("r")) as journal:
            dumps.append(dump(journal, found.scale))
    assert dumps[0] == dumps[1]
    assert b"moved" in dumps[0]
    assert b"took" not in dumps[0]


def test_the_run_is_what_it_was(made: Made) -> None:
    before, front = made.dumped(), [e.number for e in open_run(made.archive, "r").front()]
    values = [e.values for e in open_run(made.archive, "r").front()]
    made.confirm(law="direct")
    assert made.dumped() == before
    assert [e.number for e in open_run(made.archive, "r").front()] == front
    assert [e.values for e in open_run(made.archive, "r").front()] == values


def test_parameters_that_change_the_workloads_are_refused(made: Made) -> None:
    with pytest.raises(UsageError, match="workloads are others than run r met"):
        confirm(made.archive, "r", "cpu", parameters={"items": "30"})
    assert made.rows("message") == []


def test_a_run_of_another_version_is_refused(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed.TimedProblem, "version", 2)
    monkeypatch.setattr(ProblemSpec, "load", lambda self: timed.TimedProblem())
    with pytest.raises(UsageError, match="is not what run r was started on"):
        confirm(made.archive, "r", "cpu")


def test_two_devices_give_no_verdict(made: Made) -> None:
    found = made.confirm(rounds=1)
    (digest, (play, *_)), *_ = found.plays.items()
    other = replace(found, plays={**found.plays, digest: [replace(play, device="GPU-2")]})
    assert "measured on several devices: GPU-2; test" in other.objection


def test_a_policy_that_fails_there_has_no_rank(made: Made) -> None:
    found = made.confirm(rounds=2)
    failing = found.winner
    failed = [
        replace(p, outcome=replace(p.outcome, failures={"selection-0": "time"}))  # type: ignore[type-var]
        for p in found.plays[failing.digest]
    ]
    other = replace(found, plays={**found.plays, failing.digest: failed})
    assert failing not in other.ranked
    assert set(other.failed) == {failing.digest}
    assert other.value(failing) is None
    assert other.overtaken_by == other.ranked
