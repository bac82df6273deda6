"""A winner under other settings: where it loses is said, and nothing is played twice."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from archive.constraint import parse_constraint
from archive.store.places import store_at
from evaluators.contract import Failure, Variation
from evaluators.registry import ProblemSpec
from evolve.cli.report_document import report_document
from evolve.events import Event, Observer, Played, unwatched
from evolve.report.gathering import gather
from evolve.report.markdown import Report, markdown
from evolve.runs import open_run
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.problems import fragile
from tests.problems.planted import answering

FILE = str(Path(fragile.__file__))
POLICIES = 4  # three baselines and the winner
SETTINGS = 2


@dataclass
class Found:
    """A run that has ended, and the jobs that reports on it had played."""

    archive: str
    parameters: dict[str, str] = field(default_factory=dict)
    require: tuple[str, ...] = ()
    played: list[str] = field(default_factory=list)

    def executor(self, spec: ProblemSpec) -> DelayedExecutor:
        return DelayedExecutor(spec.load(), 2, shuffled_delays(0, 0.001))

    def search(self) -> None:
        spec = ProblemSpec(FILE, self.parameters)
        settings = Settings(
            spec, name="r", archive=self.archive, evaluations=POLICIES,
            seed_policies=(answering(0.5, tag=1),), require=self.require,
        )  # fmt: skip
        run(settings, executor=self.executor(spec))

    def report(self, observer: Observer = unwatched, robustness: bool = True) -> Report:
        executors: list[DelayedExecutor] = []

        def executor_for(spec: ProblemSpec) -> DelayedExecutor:
            executors.append(self.executor(spec))
            return executors[-1]

        own = self.executor(ProblemSpec(FILE, self.parameters))
        try:
            return gather(
                self.archive, "r", observer=observer, reducing_evaluations=0,
                robustness=robustness, executor=own, executor_for=executor_for,
            )  # fmt: skip
        finally:
            self.played = [job.purpose for e in executors for job in e.played]

    def kept(self) -> int:
        with closing(store_at(self.archive).open("r")) as journal:
            return sum(e.key.purpose == "rescore" for e in journal.evaluations())


@pytest.fixture
def found(tmp_path: Path) -> Found:
    made = Found(str(tmp_path / "runs"))
    made.search()
    return made


def test_a_winner_that_loses_in_a_storm_is_told(found: Found) -> None:
    report = found.report()
    assert report.claims.winner
    assert report.claims.winner.name == "r/4"
    assert report.sheet
    weak = report.sheet.weaknesses()
    assert {(v.trial.label, v.contrast.objective.name) for v in weak} == {
        ("weather: storm", "delay")
    }
    assert {v.baseline for v in weak} == {"half", "little"}  # much has less delay as searched
    text = markdown(report)
    assert "**Loses** to half in delay ↓ (as searched -0.1" in text
    assert "]) at weather: storm, by +0.2" in text
    assert "another year, by" not in text
    assert "Not on this sheet: failures (nothing here can fail)." in text


def test_the_worst_case_is_over_all_settings(found: Found) -> None:
    sheet = found.report().sheet
    assert sheet
    worst = sheet.worst()
    assert len(worst) == 3 * 2
    for versus in worst:
        where = "weather: storm" if versus.contrast.objective.name == "delay" else None
        assert where in (None, versus.trial.label)
        others = [
            c
            for trial in (sheet.as_searched, *sheet.trials)
            for c in trial.contrasts[versus.baseline]
            if c.objective == versus.contrast.objective
        ]
        assert versus.lost == max(c.a - c.b for c in others)  # lower is better


def test_nothing_is_played_twice_and_sealed_stays_shut(found: Found) -> None:
    first = found.report()
    assert found.played == ["rescore"] * POLICIES * SETTINGS
    again = found.report()
    assert found.played == []
    assert markdown(again) == markdown(first)
    assert len(open_run(found.archive, "r").openings()) == 1


@pytest.mark.parametrize("arrivals", [1, 3, 4])
def test_what_is_interrupted_goes_on(found: Found, arrivals: int) -> None:
    found.report(robustness=False)

    def interrupt(event: Event) -> None:
        if isinstance(event, Played) and event.done >= arrivals:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found.report(interrupt)
    kept = found.kept()
    assert kept >= arrivals
    whole = found.report()
    assert len(found.played) == POLICIES * SETTINGS - kept
    assert whole.sheet
    assert len(whole.sheet.trials) == SETTINGS


def test_the_runs_own_values_stand(found: Found) -> None:
    found.report(robustness=False)
    before = {e.number: e.values for e in open_run(found.archive, "r").entries()}
    found.report()
    after = open_run(found.archive, "r")
    assert {e.number: e.values for e in after.entries()} == before
    assert list(after.rescores()) == []


def test_a_winner_that_fails_is_told(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    offered = (Variation("rules", "no tags", {"trap": "true"}),)
    problem = ProblemSpec(FILE).load()
    monkeypatch.setattr(type(problem), "variations", lambda _: offered)
    monkeypatch.setattr("evaluators.registry.problem_class", lambda _: type(problem))
    report = found.report()
    assert report.sheet
    assert [t.label for t in report.sheet.failed] == ["rules: no tags"]
    assert "**Fails** at rules: no tags" in markdown(report)


def test_few_clusters_give_no_verdict(tmp_path: Path) -> None:
    few = Found(str(tmp_path / "runs"), {"clusters": "7"})
    few.search()
    report = few.report()
    assert report.sheet
    assert report.sheet.weaknesses() == []
    assert "too few clusters" in markdown(report)


def test_a_report_says_how_to_get_the_sheet(found: Found) -> None:
    text = markdown(found.report(robustness=False))
    assert found.played == []
    assert f"played under {SETTINGS} other settings" in text
    assert "`adrs report r --robustness`" in text


def test_what_was_not_allowed_is_no_baseline_to_lose_to(tmp_path: Path) -> None:
    required = Found(str(tmp_path / "runs"), require=("cost<=0.55",))
    required.search()
    report = required.report()
    sheet = report.sheet
    assert sheet
    said = " ".join(markdown(report).split())
    assert "A baseline that breaks a requirement is not compared: much at weather:" in said
    for trial in (sheet.as_searched, *sheet.trials):
        assert [c.text for c in trial.broken(trial.baselines["much"])] == ["cost<=0.55"]
        assert set(trial.contrasts) == {"half", "little"}
    assert {v.baseline for v in sheet.weaknesses()} == {"half", "little"}
    assert sheet.breaking == []


def test_a_setting_in_which_the_winner_breaks_a_requirement_is_told(tmp_path: Path) -> None:
    required = Found(str(tmp_path / "runs"), require=("delay<=0.7",))
    required.search()
    report = required.report()
    sheet = report.sheet
    assert sheet
    assert re.search(r"- \*\*Breaks\*\* delay.*=0\.7 at weather: storm\n", markdown(report))
    trials = report_document(report)["robustness"]["settings"]
    assert [t["breaks"] for t in trials if t["name"] == "storm"] == [["delay<=0.7"]]
    assert [t.label for t in sheet.breaking] == ["weather: storm"]
    assert [[c.text for c in t.broken(t.winner)] for t in sheet.breaking] == [["delay<=0.7"]]
    assert sheet.failed == []
    assert {v.baseline for v in sheet.weaknesses()} == {"half"}


def test_what_fails_breaks_nothing(found: Found) -> None:
    sheet = found.report().sheet
    assert sheet
    trial = replace(sheet.as_searched, required=[parse_constraint("cost<=0", sheet.objectives)])
    assert trial.broken(trial.winner)
    assert trial.broken(Failure("crash", "gone")) == []
