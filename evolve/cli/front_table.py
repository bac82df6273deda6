"""A front as a table: against its baselines and the limit."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from archive.constraint import breaking_words
from evaluators.contract import Bound, Objective, Split
from evaluators.scoring import loss, on_grid
from evolve.cli.documents import best_of
from evolve.cli.flags import archive_words
from evolve.cli.run_page import front_breaks, rescored_words
from evolve.cli.wording import figure, heading, printable

if TYPE_CHECKING:
    from rich.table import Table

    from archive.entry import Entry
    from evolve.found import Found

T = TypeVar("T")
Values = Mapping[str, float]
MOST_ROWS = 20
ARROW = {"higher": "↑", "lower": "↓"}


def print_front(found: Found, split: Split, archive: str) -> None:
    """Title, table and legend; `archive` is named in commands that it suggests."""
    from rich.console import Console

    console = Console(highlight=False)
    where = archive_words(archive)
    front = ranked(found.front(split), found.scale.objectives[0], split)
    console.print(f"{found.name}: {len(front)} policies on the front of the {split} workloads")
    console.print(front_table(found, front, split))
    console.print(
        f"hypervolume {figure(found.hypervolume(split))}, "
        f"the baselines' own {figure(found.baseline_hypervolume(split))}\n"
        "* better than every baseline; beats: how many baselines it dominates"
    )
    for line in _breaking_lines(found, split):
        console.print(line, soft_wrap=True)
    if words := rescored_words(found, where):
        console.print(f"rescored {words}", soft_wrap=True, markup=False)
    if len(front) > MOST_ROWS:
        of = "" if split == "selection" else f" --split {split}"
        words = f"{MOST_ROWS} of {len(front)}; all: adrs front {found.name}{of} --format csv{where}"
        console.print(words, soft_wrap=True, markup=False)


def _breaking_lines(found: Found, split: Split) -> Iterable[str]:
    """What breaks a requirement, and what that means; nothing where nothing does."""
    known = [v for e in found.baselines().values() if (v := e.values.get(split))]
    front = front_breaks(found, split)
    baselines = breaking_words(found.constraints(), known, "baselines")
    if front or baselines:
        yield "! breaks a requirement: counts in neither hypervolume, and beats nothing"
    if front:
        yield front
    if baselines:
        is_any_left = bool(found.to_beat(split))
        others = "they are not among those to beat" if is_any_left else "there is none to beat"
        yield f"{baselines}: {others}"


def front_table(found: Found, front: Sequence[Entry], split: Split) -> Table:
    """Limit, baselines, then the front as given."""
    objectives = found.scale.objectives
    baselines = {
        name: e.values[split] for name, e in found.baselines().items() if split in e.values
    }
    to_beat = [e.values[split] for e in found.to_beat(split).values()]
    best = {o.name: best_of(o, [v[o.name] for v in to_beat]) for o in objectives}
    table = empty_table(objectives, "beats")
    table.add_row("", "limit", *limit_cells(objectives, found.limits(split)))
    table.add_section()
    table.add_row("", "[i]baselines")
    for name, entry in found.baselines().items():
        if name in baselines:
            cells = value_cells(entry, objectives, split, {}, _broken(found, baselines[name]))
            table.add_row(found.label(entry), name, *cells)
    table.add_section()
    table.add_row("", "[i]front")
    for entry in spread(front, MOST_ROWS):
        broken = _broken(found, entry.values[split])
        beaten = sum(not broken and dominates(entry.values[split], v, objectives) for v in to_beat)
        cells = value_cells(entry, objectives, split, {} if broken else best, broken)
        table.add_row(found.label(entry), origin(entry), *cells, str(beaten) if beaten else "")
    return table


def _broken(found: Found, values: Values) -> set[str]:
    """The objectives in which a requirement is not met."""
    return {c.objective.name for c in found.broken(values)}


def spread(front: Sequence[T], most: int) -> list[T]:
    """At most `most` entries, evenly over a ranked front, its two ends among them."""
    if len(front) <= most:
        return list(front)
    return [front[i * (len(front) - 1) // (most - 1)] for i in range(most)]


def empty_table(objectives: Sequence[Objective], last: str) -> Table:
    """The columns: entry, policy, one per objective with its unit, and a last one."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("entry", justify="right")
    table.add_column("policy", overflow="fold")  # the one column that gives way
    for o in objectives:
        name = heading(o.name, f"{ARROW[o.better]} {o.unit}")
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(last, justify="right")
    return table


def origin(entry: Entry) -> str:
    """Who proposed it: a baseline's name, an operator, the tuner."""
    return printable(entry.proposal.proposer.removeprefix("seed/").removeprefix("syntax/"))


def limit_cells(objectives: Sequence[Objective], limits: Mapping[str, Bound | None]) -> list[str]:
    """The limit of each objective, a dash where none is proved."""
    return [figure(b.value if (b := limits[o.name]) else None) + " " for o in objectives]


def value_cells(
    entry: Entry,
    objectives: Sequence[Objective],
    split: Split,
    best: Mapping[str, float | None],
    broken: Container[str],
) -> list[str]:
    """A figure per objective; a star marks what is better than the `best` given, an exclamation
    mark what breaks a requirement.
    """
    values = entry.values[split]
    return [
        f"[b]{figure(values[o.name])}![/b]"
        if o.name in broken
        else _figure_of(o, values[o.name], best.get(o.name))
        for o in objectives
    ]


def ranked(entries: Iterable[Entry], objective: Objective, split: Split) -> list[Entry]:
    """Best first in one objective."""
    return sorted(entries, key=lambda e: loss(objective, e.values[split][objective.name]))


def _figure_of(objective: Objective, value: float, best: float | None) -> str:
    is_better = best is not None and on_grid(objective, value) < on_grid(objective, best)
    return f"[b]{figure(value)}*[/b]" if is_better else f"{figure(value)} "


def dominates(values: Values, other: Values, objectives: Sequence[Objective]) -> bool:
    """Whether `values` is at least as good in all, and better in one, beyond resolution."""
    pairs = [(on_grid(o, values[o.name]), on_grid(o, other[o.name])) for o in objectives]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def front_rows(found: Found, split: Split) -> list[dict[str, Any]]:
    """The front as flat rows: id, proposer, what of the requirements it breaks if there are any, a
    column per objective.
    """
    first = found.scale.objectives[0]
    return [
        {
            "id": f"{found.run_of(e)}/{e.number}",
            "digest": e.proposal.digest,
            "proposer": e.proposal.proposer,
            **_breaks(found, e.values[split]),
            **e.values[split],
        }
        for e in ranked(found.front(split), first, split)
    ]


def _breaks(found: Found, values: Values) -> dict[str, str]:
    required = bool(found.constraints())
    return {"breaks": "; ".join(c.text for c in found.broken(values))} if required else {}
