"""What a job on preemptible machines costs at least: an exact programme that knows what comes.

State before the decision at tick t: the machine that the job is on, and its slack, the time until
the deadline beyond the work left. A tick on a working machine leaves the slack as it is, a start
takes a restart from it, an idle tick takes a tick. All are multiples of one unit of time, so the
table is exact. With less slack than a tick and a restart nothing is asked any more, and the cost to
the end follows in closed form.

A start is one step to the tick in which it is over. That loses nothing: whoever gives a start up
has paid for ticks that idle ones would have replaced. For the same reason spot is started only
where it stays for all of the start and the start is over before nothing is asked any more, when a
machine that is not working yet is taken away.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluators.engines.preemptible import Job

IDLE = 0  # row of a plan; row 1 + z is spot in zone z, the last one is on-demand


@dataclass(frozen=True)
class Market:
    """What machines there are for a job, by tick, and what a tick on them costs.

    After the arrays' end spot is gone.
    """

    job: Job
    has_spot: np.ndarray  # bool[zones, ticks]
    spot_usd: np.ndarray  # float64[zones, ticks], of one tick
    on_demand_usd: float  # of one tick

    @cached_property
    def rows(self) -> int:
        """Idle, spot by zone, on-demand."""
        return len(self.has_spot) + 2

    @cached_property
    def unit_s(self) -> int:
        """What all durations are multiples of."""
        return math.gcd(self.job.tick_s, self.job.restart_s, self.job.work_s)

    @cached_property
    def slacks(self) -> int:
        """How many slacks there are, in units."""
        return (self.job.deadline_s - self.job.work_s) // self.unit_s + 1

    @cached_property
    def tick(self) -> int:
        """A tick in units."""
        return self.job.tick_s // self.unit_s

    @cached_property
    def restart(self) -> int:
        """A start in units."""
        return self.job.restart_s // self.unit_s

    @cached_property
    def first_asked(self) -> int:
        """The least slack with which something is asked."""
        return min(self.tick + self.restart, self.slacks)


@dataclass(frozen=True)
class Plan:
    """The least cost in USD and, by tick, row and slack, the row to be on in the coming tick."""

    market: Market
    usd: float
    best: np.ndarray  # int8[deadline ticks, rows, slacks]

    def next_row(self, tick: int, row: int, slack_s: int) -> int:
        """What to run next, where no start is under way and the problem asks."""
        return int(self.best[tick, row, slack_s // self.market.unit_s])


def least_usd(market: Market) -> float:
    """The least cost over all policies, also those that would finish late."""
    return _solve(market, None)


def cheapest_plan(market: Market) -> Plan:
    """The least cost and a policy that attains it."""
    best = np.zeros((market.job.deadline_ticks, market.rows, market.slacks), dtype=np.int8)
    return Plan(market, _solve(market, best), best)


def _solve(market: Market, best: np.ndarray | None) -> float:
    """Backwards over the ticks; fills `best`, if given."""
    ticks, slacks, asked = market.job.deadline_ticks, market.slacks, market.first_asked
    has_spot, spot_usd = _until_deadline(market)
    start = _Starts.of(market, has_spot, spot_usd)
    forced = _forced_usd(market, has_spot, spot_usd)
    staying_usd = np.full((ticks, market.rows - 1, 1), market.on_demand_usd)
    staying_usd[:, :-1, 0] = spot_usd.T
    is_there = [[*there, True] for there in has_spot.T.tolist()]
    later = deque([np.zeros((market.rows, slacks))] * start.ticks, maxlen=start.ticks)
    for t in range(ticks, -1, -1):
        usd = np.empty((market.rows, slacks))
        usd[:, :asked] = forced[t]
        if t < ticks and slacks > asked:
            options = start.options_usd(t, later)
            kept = later[0][1:, asked:] + staying_usd[t]
            chosen = None if best is None else best[t, :, asked:]
            _decide(options, kept, is_there[t], usd[:, asked:], chosen)
        usd[:, (ticks - t) * market.tick :] = 0.0  # no work left
        later.appendleft(usd)
    return float(later[0][IDLE, -1])


def _decide(
    options: np.ndarray,
    kept: np.ndarray,
    is_there: Sequence[bool],
    usd: np.ndarray,
    best: np.ndarray | None,
) -> None:
    """Fill `usd` (and `best`) of every row with the best of idling, starting and staying.

    A preempted job is where an idle one is.
    """
    np.minimum.reduce(options, axis=0, out=usd[IDLE])
    if best is not None:
        best[IDLE] = options.argmin(axis=0)
    for row, there in enumerate(is_there, start=1):
        if there:
            started = options[row].copy()
            options[row] = kept[row - 1]
            np.minimum.reduce(options, axis=0, out=usd[row])
            if best is not None:
                best[row] = options.argmin(axis=0)
            options[row] = started
        else:
            usd[row] = usd[IDLE]
            if best is not None:
                best[row] = best[IDLE]


@dataclass(frozen=True)
class _Starts:
    """What starts cost, in USD: inf where spot does not stay."""

    market: Market
    ticks: int
    usd: np.ndarray  # float64[ticks, rows - 1], until the start is over

    @staticmethod
    def of(market: Market, has_spot: np.ndarray, spot_usd: np.ndarray) -> _Starts:
        length, ticks = market.job.start_ticks, market.job.deadline_ticks
        usd = np.full((ticks, market.rows - 1), math.inf)
        usd[:, -1] = length * market.on_demand_usd
        priced = np.where(has_spot, spot_usd, math.inf)
        if length <= ticks:
            windows = np.lib.stride_tricks.sliding_window_view(priced, length, axis=1)
            usd[: ticks - length + 1, :-1] = windows.sum(axis=2).T
        return _Starts(market, length, usd)

    def options_usd(self, t: int, later: Sequence[np.ndarray]) -> np.ndarray:
        """float64[rows, slacks that are asked]: the cost to the end by the next row, if started.

        `later[i]` is the table of tick t + 1 + i.
        """
        m = self.market
        asked = m.first_asked
        options = np.empty((m.rows, m.slacks - asked))
        options[IDLE] = later[0][IDLE, asked - m.tick : m.slacks - m.tick]
        then = later[self.ticks - 1][1:, asked - m.restart : m.slacks - m.restart]
        np.add(then, self.usd[t][:, None], out=options[1:])
        options[1:-1, : (self.ticks - 1) * m.tick] = math.inf  # over too late to be kept
        return options


def _until_deadline(market: Market) -> tuple[np.ndarray, np.ndarray]:
    """Availability and prices of as many ticks as the deadline leaves."""
    missing = max(0, market.job.deadline_ticks - market.has_spot.shape[1])
    ticks = slice(0, market.job.deadline_ticks)
    has_spot = np.pad(market.has_spot, ((0, 0), (0, missing)))[:, ticks]
    return has_spot, np.pad(market.spot_usd, ((0, 0), (0, missing)))[:, ticks]


def _forced_usd(market: Market, has_spot: np.ndarray, spot_usd: np.ndarray) -> np.ndarray:
    """float64[ticks + 1, rows, slacks]: the cost to the end where nothing is asked any more.

    A job that is on spot stays there as long as it can, then loses a tick and starts on demand.
    """
    tick, restart, on_demand = market.tick, market.restart, market.on_demand_usd
    ticks = market.job.deadline_ticks
    work_left = (ticks - np.arange(ticks + 1))[:, None] * tick - np.arange(market.first_asked)
    usd = np.empty((ticks + 1, market.rows, market.first_asked))
    usd[:, IDLE] = on_demand * -(-(work_left + restart) // tick)
    usd[:, -1] = on_demand * -(-work_left // tick)
    paid = np.pad(np.cumsum(spot_usd, axis=1), ((0, 0), (1, 0)))
    first = np.arange(ticks + 1)[:, None]
    for zone, stays in enumerate(_run_lengths(has_spot)):
        on_spot = np.clip(-(-work_left // tick), 0, stays[:, None])
        after = work_left - stays[:, None] * tick
        then = np.where(after > 0, -(-(after + restart) // tick), 0)
        spot = paid[zone][first + on_spot] - paid[zone][first]
        usd[:, 1 + zone] = spot + on_demand * then
    return usd


def _run_lengths(has_spot: np.ndarray) -> np.ndarray:
    """int64[zones, ticks + 1]: for how many ticks from each on spot machines stay."""
    lengths = np.zeros((has_spot.shape[0], has_spot.shape[1] + 1), dtype=np.int64)
    for t in range(has_spot.shape[1] - 1, -1, -1):
        lengths[:, t] = np.where(has_spot[:, t], lengths[:, t + 1] + 1, 0)
    return lengths
