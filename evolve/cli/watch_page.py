"""A run as it goes: how far, how fast, what for, how the front grew, what failed of late."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evaluators.contract import Failure, Outcome
from evolve.cli.front_table import origin
from evolve.cli.progress import LINE_EVERY_S, Watch, status_line, table
from evolve.cli.terminal import say
from evolve.cli.wording import printable
from evolve.following import Follower

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from archive.entry import Entry

LOOK_EVERY_S = 1.0
WIDTH = 36  # cells of the front over time
_BARS = "▁▂▃▄▅▆▇█"
Show = Callable[[Follower, Watch], None]


def watch(
    follower: Follower,
    console: Console | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Show the run until nobody writes it any more; on a terminal in place, else as lines."""
    from rich.console import Console

    console = console or Console(highlight=False)
    seen = Watch(
        follower.problem, clock=lambda: follower.worked_s, constraints=follower.constraints
    )
    with _shown(console) as show:
        while True:
            for committed in follower.look():
                seen.see(committed)
            seen.is_over = not follower.is_live
            show(follower, seen)
            if not follower.is_live:
                return
            wait(LOOK_EVERY_S if console.is_terminal else LINE_EVERY_S)


@contextmanager
def _shown(console: Console) -> Iterator[Show]:
    if not console.is_terminal:
        yield _lines(lambda line: say(line, flush=True))
        return
    from rich.live import Live

    with Live(console=console, auto_refresh=False) as display:
        yield lambda follower, seen: display.update(page(follower, seen), refresh=True)


def _lines(say: Callable[[str], None]) -> Show:
    """Says a line when something has been committed since the last one."""
    said = 0

    def show(_: Follower, seen: Watch) -> None:
        nonlocal said
        if seen.latest is not None and seen.latest.entry.number != said:
            said = seen.latest.entry.number
            say(status_line(seen, seen.latest))

    return show


def page(follower: Follower, seen: Watch) -> RenderableType:
    """Everything at once."""
    from rich.console import Group
    from rich.text import Text

    if seen.latest is None:
        return Text(f"{follower.name}: nothing is committed yet")
    state = "running" if follower.is_live else f"stopped ({follower.reason})"
    lines = [*_growth(follower.curve), *_spent(follower), *_failed(follower.recent)]
    title = Text(printable(f"{follower.name}: {follower.problem.name}, {state}"), style="bold")
    told = Text(printable("\n".join(lines)), no_wrap=True)
    return Group(title, table(seen, seen.latest), told)


def _growth(curve: Sequence[tuple[int, float]]) -> list[str]:
    if not curve:
        return []
    return [f"front        {sparkline(curve)} hypervolume {curve[0][1]:.4f} to {curve[-1][1]:.4f}"]


def sparkline(curve: Sequence[tuple[int, float]], width: int = WIDTH) -> str:
    """The latest value at evenly spread counts of evaluations, the lowest to the highest bar.

    `curve`: (evaluations, value), with growing evaluations.
    """
    low, high = min(v for _, v in curve), max(v for _, v in curve)
    first, last = curve[0][0], curve[-1][0]
    width = min(width, last - first + 1)
    bars = ""
    at = 0
    for cell in range(width):
        count = first + (last - first) * (cell + 1) / width
        while at + 1 < len(curve) and curve[at + 1][0] <= count:
            at += 1
        share = (curve[at][1] - low) / (high - low) if high > low else 1.0
        bars += _BARS[round(share * (len(_BARS) - 1))]
    return bars


def _spent(follower: Follower) -> list[str]:
    """What calls to models came to; nothing for a run without any."""
    settings, spent = follower.settings, follower.spending
    if not settings.model.names:
        return []
    usd = "" if settings.usd is None else f" of {settings.usd}"
    tokens = "" if settings.tokens is None else f" of {settings.tokens}"
    ends = ", ".join(f"{n} {what}" for what, n in sorted(spent.ends.items()))
    return [f"spent        ${spent.known.usd}{usd}, {spent.known.tokens}{tokens} tokens; {ends}"]


def _failed(recent: Sequence[Entry]) -> list[str]:
    """The failures of late, the latest first."""
    return [
        f"{'failed' if i == 0 else '':<12} {e.number} {origin(e)}: {_reason(e.outcome)}"
        for i, e in enumerate(reversed(recent))
    ]


def _reason(outcome: Outcome) -> str:
    """The first failure in one line."""
    failures = [outcome] if isinstance(outcome, Failure) else list(outcome.failures.values())
    return " ".join(f"{failures[0].kind}: {failures[0].message}".split())
