"""Rounds, their order, medians and drift, by a clock that shows what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from evaluators.contract import Failure, Score
from evaluators.engines.gpu.drift import DRIFT, MOST_DRIFT, drift_of, drift_words
from evaluators.engines.gpu.timing import HostClock, Subject, Timings, interleaved, sample

T = TypeVar("T")


class Told:
    """A clock that shows what the work gives."""

    def time(self, work: Callable[[], T]) -> tuple[float, T]:
        given: Any = work()
        return float(given), given


def unchecked(prepared: Any, given: Any) -> None:
    """Whatever it gave."""


def taking(ms: float, log: list[str], name: str) -> Subject[None]:
    def work(_: None) -> float:
        log.append(name)
        return ms

    return Subject(lambda: None, work, unchecked)


def test_every_subject_is_timed_once_a_round_between_two_references() -> None:
    log: list[str] = []
    subjects = {name: taking(i, log, name) for i, name in enumerate("abc", start=1)}
    found = interleaved(subjects, taking(10, log, "r"), Told(), rounds=3, warm_ups=1)
    rounds = ["".join(log[i : i + 5]) for i in range(0, len(log), 5)]
    assert len(rounds) == 4
    assert all(r[0] == r[-1] == "r" and sorted(r[1:4]) == list("abc") for r in rounds)
    assert {r[1] for r in rounds[1:]} == set("abc"), "each is first once"
    assert {name: len(times) for name, times in found.rounds_ms.items()} == {"a": 3, "b": 3, "c": 3}
    assert found.median_ms("b") == 2
    assert len(found.reference_ms) == 3


def test_a_median_is_not_moved_by_one_slow_sample() -> None:
    times = iter([9.0, 2.0, 50.0, 1.0, 2.5])  # the first is the warm-up
    subject = Subject(lambda: None, lambda _: next(times), unchecked)
    found = interleaved({"a": subject}, taking(1, [], "r"), Told(), rounds=4)
    assert found.median_ms("a") == pytest.approx(2.25)


def test_drift_is_that_of_the_round_furthest_off() -> None:
    found = Timings({}, [(1.0, 1.0), (1.2, 1.3), (0.98, 1.0)])
    assert found.drift(1.0) == pytest.approx(0.2)
    assert found.drift(1.2) == pytest.approx(1 - 0.98 / 1.2)
    assert found.reference_median_ms == 1.0


def test_one_disturbed_sample_is_no_drift() -> None:
    assert Timings({}, [(1.0, 9.0), (5.0, 1.01)]).drift(1.0) == pytest.approx(0.01)


def test_what_is_prepared_is_not_timed_and_what_is_given_is_checked() -> None:
    now = [0.0]

    def later(seconds: float, gives: str) -> str:
        now[0] += seconds
        return gives

    seen: list[tuple[str, str]] = []
    subject = Subject(
        lambda: later(5.0, "input"), lambda x: later(0.25, f"{x} used"),
        lambda x, y: seen.append((x, y)),
    )  # fmt: skip
    assert sample(subject, HostClock(lambda: now[0])) == pytest.approx(250.0)
    assert seen == [("input", "input used")]


def test_a_check_that_fails_stops_the_measurement_in_the_warm_up_already() -> None:
    def refuse(*_: Any) -> None:
        raise ValueError("zeros")

    log: list[str] = []
    bad = Subject(lambda: None, taking(1, log, "bad").work, refuse)
    with pytest.raises(ValueError, match="zeros"):
        interleaved({"bad": bad}, taking(1, log, "r"), Told(), rounds=3)
    assert log == ["r", "bad"]


def test_the_largest_drift_of_an_outcome_is_told_and_flagged_beyond_the_bound() -> None:
    steady = Score({}, {}, {"w": {DRIFT: MOST_DRIFT}, "v": {DRIFT: 0.01}, "u": {}})
    assert drift_of(steady) == MOST_DRIFT
    assert drift_words(MOST_DRIFT) == ""
    assert "drifted by 6.0%" in drift_words(0.06)
    assert drift_of(Score({}, {}, {"w": {"other": 1.0}})) is None
    assert drift_of(Failure("crash", "")) is None
    assert drift_words(None) == ""
