"""How work on a device is timed: warmed up, interleaved, median of repeats, drift watched.

Everything that is to be compared is timed in the same rounds, in another order in each, so that a
clock that changes meets all alike. A reference, the same work every time, stands at the beginning
and the end of every round: how far its rounds lie from what it took at first is the drift.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Generic, Protocol, TypeVar

# More than any last-level cache of today, and a quarter of a millisecond at 4 TB/s: longer than the
# host takes to queue what is timed.
FLUSHED_BYTES = 1 << 30

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Clock(Protocol):
    """Times one piece of work."""

    def time(self, work: Callable[[], T]) -> tuple[float, T]:
        """How long it took in milliseconds, and what it gave."""
        ...


class HostClock:
    """For work that is done when it returns."""

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        self._now_s = now_s

    def time(self, work: Callable[[], T]) -> tuple[float, T]:
        """Wall time."""
        start_s = self._now_s()
        given = work()
        return 1e3 * (self._now_s() - start_s), given


class EventClock:
    """For work that is queued on a GPU: the time between two of its events.

    Before the first one a large buffer is overwritten: caches are cold in every sample alike, and
    while it is busy with that the host queues the work, so no wait for the host is in the time.
    """

    def __init__(self, place: Any) -> None:
        import torch

        self._torch: Any = torch
        self._place = place
        self._flushed = self._torch.empty(FLUSHED_BYTES, dtype=self._torch.int8, device=place)

    def time(self, work: Callable[[], T]) -> tuple[float, T]:
        """Device time."""
        start, end = (self._torch.cuda.Event(enable_timing=True) for _ in range(2))
        self._torch.cuda.synchronize(self._place)
        self._flushed.zero_()
        start.record()
        given = work()
        end.record()
        end.synchronize()
        return start.elapsed_time(end), given


@dataclass(frozen=True)
class Subject(Generic[T]):
    """Work to time. `prepare` is not timed, `check` raises for what `work` must not have given."""

    prepare: Callable[[], T]
    work: Callable[[T], Any]
    check: Callable[[T, Any], None]


@dataclass(frozen=True)
class Timings(Generic[K]):
    """Milliseconds: of each subject per round, and of the reference, before and after each."""

    rounds_ms: Mapping[K, Sequence[float]]
    reference_ms: Sequence[tuple[float, float]]

    def median_ms(self, key: K) -> float:
        """The subject's median over the rounds."""
        return median(self.rounds_ms[key])

    @property
    def reference_median_ms(self) -> float:
        """The reference's, over the rounds."""
        return median(self._reference_rounds_ms())

    def drift(self, expected_ms: float) -> float:
        """How far the reference was from what it takes in the round furthest off, as a share."""
        return max(abs(ms / expected_ms - 1) for ms in self._reference_rounds_ms())

    def _reference_rounds_ms(self) -> list[float]:
        """The faster of each round's two: one sample that was disturbed is no drift."""
        return [min(pair) for pair in self.reference_ms]


def interleaved(
    subjects: Mapping[K, Subject[Any]],
    reference: Subject[Any],
    clock: Clock,
    rounds: int,
    warm_ups: int = 1,
) -> Timings[K]:
    """Time every subject once in each round, beginning with another one each time.

    Args:
        subjects: what to time, by name.
        reference: work that is the same in every measurement of a session.
        clock: what times.
        rounds: samples of each subject.
        warm_ups: rounds before the first that counts. Their outputs are checked too.
    """
    names = list(subjects)
    samples: dict[K, list[float]] = {name: [] for name in names}
    references: list[tuple[float, float]] = []
    for number in range(-warm_ups, rounds):
        before_ms = sample(reference, clock)
        turn = number * len(names) // max(rounds, 1) % max(len(names), 1)
        for name in names[turn:] + names[:turn]:
            taken_ms = sample(subjects[name], clock)
            if number >= 0:
                samples[name].append(taken_ms)
        after_ms = sample(reference, clock)
        if number >= 0:
            references.append((before_ms, after_ms))
    return Timings(samples, references)


def sample(subject: Subject[T], clock: Clock) -> float:
    """Milliseconds of one run, whose output has passed its check."""
    prepared = subject.prepare()
    taken_ms, given = clock.time(lambda: subject.work(prepared))
    subject.check(prepared, given)
    return taken_ms
