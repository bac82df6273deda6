"""The front of a run as a table: against its baselines and the limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evaluators.contract import Bound, Objective, Split
from evaluators.scoring import loss, on_grid
from evolve.cli.documents import best_of
from evolve.cli.wording import figure

if TYPE_CHECKING:
    from rich.table import Table

    from archive.entry import Entry
    from evolve.run import Run

Values = Mapping[str, float]
MOST_ROWS = 20
ARROW = {"higher": "↑", "lower": "↓"}


def print_front(run: Run, split: Split) -> None:
    """Title, table and legend."""
    from rich.console import Console

    console = Console(highlight=False)
    front = ranked(run.front(split), run.problem.objectives[0], split)
    console.print(f"{run.name}: {len(front)} policies on the front of the {split} workloads")
    console.print(front_table(run, front, split))
    console.print(
        f"hypervolume {figure(run.hypervolume(split))}, "
        f"the baselines' own {figure(run.baseline_hypervolume(split))}\n"
        "* better than every baseline; beats: how many baselines it dominates"
    )
    if len(front) > MOST_ROWS:
        console.print(f"{len(front) - MOST_ROWS} more: adrs front {run.name} --format csv")


def front_table(run: Run, front: Sequence[Entry], split: Split) -> Table:
    """Limit, baselines, then the front as given."""
    objectives = run.problem.objectives
    baselines = {name: e.values[split] for name, e in run.baselines().items() if split in e.values}
    table = empty_table(objectives)
    table.add_row("limit", "", *limit_cells(objectives, run.limits(split)), "")
    for name, values in baselines.items():
        table.add_row("baseline", name, *(figure(values[o.name]) + " " for o in objectives), "")
    table.add_section()
    best = {o.name: best_of(o, [v[o.name] for v in baselines.values()]) for o in objectives}
    for entry in front[:MOST_ROWS]:
        table.add_row(*entry_cells(entry, objectives, split, best, baselines.values()))
    return table


def empty_table(objectives: Sequence[Objective]) -> Table:
    """The columns: entry, origin, one per objective with its unit, how many baselines it beats."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("entry")
    table.add_column("from", overflow="fold")
    for o in objectives:
        unit = f"\n({o.unit})" if o.unit else ""
        table.add_column(f"{o.name} {ARROW[o.better]}{unit}", justify="right")
    table.add_column("beats", justify="right")
    return table


def limit_cells(objectives: Sequence[Objective], limits: Mapping[str, Bound | None]) -> list[str]:
    """The limit of each objective, a dash where none is proved."""
    return [figure(b.value if (b := limits[o.name]) else None) + " " for o in objectives]


def ranked(entries: Iterable[Entry], objective: Objective, split: Split) -> list[Entry]:
    """Best first in one objective."""
    return sorted(entries, key=lambda e: loss(objective, e.values[split][objective.name]))


def entry_cells(
    entry: Entry,
    objectives: Sequence[Objective],
    split: Split,
    best: Mapping[str, float | None],
    baselines: Iterable[Values],
) -> list[str]:
    """One row; a star marks a value that no baseline reaches."""
    values = entry.values[split]
    cells = [figure(values[o.name]) + _star(o, values[o.name], best[o.name]) for o in objectives]
    beaten = sum(dominates(values, other, objectives) for other in baselines)
    return [str(entry.number), entry.proposal.proposer, *cells, str(beaten) if beaten else ""]


def _star(objective: Objective, value: float, best: float | None) -> str:
    is_better = best is None or on_grid(objective, value) < on_grid(objective, best)
    return "*" if is_better else " "


def dominates(values: Values, other: Values, objectives: Sequence[Objective]) -> bool:
    """Whether `values` is at least as good in all, and better in one, beyond resolution."""
    pairs = [(on_grid(o, values[o.name]), on_grid(o, other[o.name])) for o in objectives]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def front_rows(run: Run, split: Split) -> list[dict[str, Any]]:
    """The front as flat rows: id, proposer, a column per objective."""
    first = run.problem.objectives[0]
    return [
        {
            "id": f"{run.name}/{e.number}",
            "digest": e.proposal.digest,
            "proposer": e.proposal.proposer,
            **e.values[split],
        }
        for e in ranked(run.front(split), first, split)
    ]
