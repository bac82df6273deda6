"""Shows a search as it goes: a live table on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.constraint import Constraint, broken
from archive.entry import SEED
from evaluators.contract import Bound, Objective, Problem
from evaluators.execution.executor import PoolState
from evaluators.scoring import limit_of_split, loss
from evolve.cli.terminal import say
from evolve.cli.wording import duration, figure, printable
from evolve.events import (
    Cautioned,
    Committed,
    Event,
    Judging,
    Noticed,
    Observer,
    Played,
    Pooled,
    Preflight,
    Stopped,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Clock = Callable[[], float]
LINE_EVERY_S = 5.0


class Watch:
    """What the events so far come to."""

    def __init__(
        self,
        problem: Problem,
        seconds: float | None = None,
        clock: Clock = time.monotonic,
        constraints: Sequence[Constraint] = (),
    ) -> None:
        self.objectives: tuple[Objective, ...] = problem.objectives
        self.limits = search_limits(problem)
        self.baseline: dict[str, float] = {}  # objective -> best value of those that may be beaten
        self.baseline_hypervolume = 0.0  # of the baselines, which are committed first
        self.latest: Committed | None = None
        self.pool: PoolState | None = None
        self.is_over = False  # whether nothing more is to come
        self._baselines = {SEED + name for name in problem.baselines()}
        self._constraints = constraints
        self._clock = clock
        self._ends_at = math.inf if seconds is None else clock() + seconds
        self._first: tuple[int, float] | None = None  # (evaluations done, when)

    def see(self, committed: Committed) -> None:
        """Take note of a commit."""
        if self.latest is None or committed.done > self.latest.done + 1:
            self._first = (committed.done, self._clock())  # those between were known: a resumption
        self.latest = committed
        entry = committed.entry
        if entry.proposal.proposer in self._baselines and entry.is_valid:
            self.baseline_hypervolume = committed.hypervolume
            self._see_baseline(entry.values.get("search", {}))  # without any if it is damaged

    def _see_baseline(self, values: Mapping[str, float]) -> None:
        is_to_beat = values and not broken(self._constraints, values)
        for o in self.objectives if is_to_beat else ():
            known = self.baseline.get(o.name, values[o.name])
            self.baseline[o.name] = min(known, values[o.name], key=lambda v: loss(o, v))

    @property
    def per_minute(self) -> float | None:
        """Evaluations per minute since the first commit that was new."""
        if self.latest is None or self._first is None or self.latest.done == self._first[0]:
            return None
        elapsed_s = self._clock() - self._first[1]
        return 60 * (self.latest.done - self._first[0]) / elapsed_s if elapsed_s else None

    @property
    def left_s(self) -> float | None:
        """Seconds until the evaluations, at the rate so far, or the seconds are spent."""
        rate = self.per_minute
        if self.is_over or self.latest is None or rate is None:
            return None
        until_spent_s = 60 * (self.latest.budget - self.latest.done) / rate
        return max(0.0, min(until_spent_s, self._ends_at - self._clock()))


def search_limits(problem: Problem) -> Mapping[str, Bound | None]:
    """The limit of each objective on the search split."""
    workloads = problem.workloads("search")
    return {o.name: limit_of_split(problem, o, workloads) for o in problem.objectives}


@contextmanager
def watching(
    problem: Problem, seconds: float | None, constraints: Sequence[Constraint]
) -> Iterator[Observer]:
    """An observer that shows events on stderr; stdout stays for what a verb answers."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    watch = Watch(problem, seconds, constraints=constraints)
    if console.is_terminal:
        with live(watch, console) as observer:
            yield observer
    else:
        yield plain(watch, lambda line: say(line, file=sys.stderr, flush=True))


@contextmanager
def watching_play(clock: Clock = time.monotonic) -> Iterator[Observer]:
    """An observer of what is played beside a search: says on stderr how far it is, in place on a
    terminal, else now and then.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    said_at = clock()
    with console.status("starting evaluators") as status:

        def observe(event: Event) -> None:
            nonlocal said_at
            match event:
                case Cautioned() | Noticed():
                    console.print(printable(event.text), soft_wrap=True, markup=False)
                case Preflight():
                    console.print(preflight_line(event), soft_wrap=True, markup=False)
                case Committed():
                    status.update(f"{event.done}/{event.budget} evaluations")
                case Played():
                    status.update(line := f"{event.done}/{event.total} evaluations")
                    is_due = event.done == event.total or clock() >= said_at + LINE_EVERY_S
                    if is_due and not console.is_terminal:
                        said_at = clock()
                        console.print(line)

        yield observe


def plain(watch: Watch, say: Callable[[str], None], clock: Clock = time.monotonic) -> Observer:
    """An observer that says one line every few seconds, and one at the end."""
    said_at = clock()

    def observe(event: Event) -> None:
        nonlocal said_at
        match event:
            case Cautioned() | Noticed():
                say(event.text)
            case Pooled():
                watch.pool = event.state
            case Preflight():
                say(preflight_line(event))
            case Committed():
                watch.see(event)
                if clock() - said_at >= LINE_EVERY_S:
                    said_at = clock()
                    say(status_line(watch, event))
            case Judging():
                say(judging_line(event))
            case Stopped() if watch.latest:
                watch.is_over = True
                say(status_line(watch, watch.latest))

    return observe


@contextmanager
def live(watch: Watch, console: Console) -> Iterator[Observer]:
    """An observer that redraws a table in place."""
    from rich.live import Live

    with Live(console=console, refresh_per_second=4, transient=False) as display:

        def observe(event: Event) -> None:
            match event:
                case Cautioned() | Noticed():
                    console.print(printable(event.text), soft_wrap=True, markup=False)
                case Pooled():
                    watch.pool = event.state
                    if watch.latest:
                        display.update(table(watch, watch.latest))
                case Preflight():
                    console.print(preflight_line(event), soft_wrap=True, markup=False)
                case Committed():
                    watch.see(event)
                    display.update(table(watch, event))
                case Judging():
                    console.print(judging_line(event))
                case Stopped() if watch.latest:
                    watch.is_over = True
                    display.update(table(watch, watch.latest))

        yield observe


def preflight_line(event: Preflight, now: Callable[[], datetime] = datetime.now) -> str:
    """Rate, expected end and the protection in force."""
    end = now() + timedelta(seconds=event.expected_end_s)
    return (
        f"{event.evaluations_per_minute:.0f} evaluations per minute, "
        f"done in {duration(event.expected_end_s)} at {end:%H:%M}, "
        f"sandbox {event.sandbox.note}"
    )


def judging_line(event: Judging) -> str:
    """What is still to be done after the search."""
    return f"the search is over; {event.waiting} of its front still meet the selection workloads"


def status_line(watch: Watch, event: Committed) -> str:
    """Everything about a moment in one line."""
    best = ", ".join(
        f"{o.name} {figure(event.best[o.name])}{_against(watch, o)}"
        for o in watch.objectives
        if o.name in event.best
    )
    return f"{counts(watch, event)}{'; ' if best else ''}{best}{failures(event)}"


def counts(watch: Watch, event: Committed) -> str:
    """Budget, rate, time left, front and hypervolume."""
    rate = f", {watch.per_minute:.0f}/min" if watch.per_minute else ""
    left = f", {duration(watch.left_s)} left" if watch.left_s else ""
    unmet = ", none meeting the requirements" if event.front_size and not event.best else ""
    front = (
        f"front {event.front_size}{unmet}, "
        f"hypervolume {event.hypervolume:.4f} (baselines {watch.baseline_hypervolume:.4f})"
    )
    pool = f"; {pool_words(watch.pool)}" if watch.pool else ""
    return f"{event.done}/{event.budget} evaluations{rate}{left}; {front}{pool}"


def pool_words(state: PoolState) -> str:
    """How a pool stands whose nodes come and go."""
    return (
        f"nodes {state.nodes}, slots {state.playing}/{state.slots} busy, {state.queued} queued, "
        f"{state.retries} played again"
    )


def failures(event: Committed) -> str:
    """Failed candidates by kind."""
    kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(event.failures.items()))
    return f"; failed: {kinds}" if kinds else ""


def _against(watch: Watch, objective: Objective) -> str:
    baseline = watch.baseline.get(objective.name)
    limit = watch.limits[objective.name]
    known = [
        *([f"baseline {figure(baseline)}"] if baseline is not None else []),
        *([f"limit {figure(limit.value)}"] if limit else []),
    ]
    return f" ({', '.join(known)})" if known else ""


def table(watch: Watch, event: Committed) -> RenderableType:
    """The live display: best per objective against best baseline and limit."""
    from rich import box
    from rich.table import Table

    shown = Table(
        "objective",
        title=counts(watch, event).replace("; ", "\n"),
        caption=failures(event).removeprefix("; ") or None,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="",
        caption_justify="left",
        pad_edge=False,
    )
    for heading in ("best", "best baseline", "limit", "unit"):
        shown.add_column(heading, justify="left" if heading == "unit" else "right")
    for o in watch.objectives:
        limit = watch.limits[o.name]
        shown.add_row(
            o.name,
            figure(event.best.get(o.name)),
            figure(watch.baseline.get(o.name)),
            figure(limit.value if limit else None),
            o.unit,
        )
    return shown
