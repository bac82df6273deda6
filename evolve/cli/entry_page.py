"""One entry, described: where it comes from, its code, its scores beside the best baseline's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archive.constraint import breaks_by_split
from evaluators.contract import SPLITS, Failure, Objective, Outcome, Split
from evolve.cli.documents import best_of, entry_document, failure_document, failure_lines
from evolve.cli.flags import archive_words
from evolve.cli.run_page import rescored_words
from evolve.cli.terminal import say
from evolve.cli.wording import figure, heading, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from archive.entry import Entry
    from evolve.runs import Run


def shown_document(run: Run, entry: Entry) -> dict[str, Any]:
    """The description as JSON data."""
    outcome = entry.outcome
    failure = outcome if isinstance(outcome, Failure) else None
    return {
        **entry_document(run.name, entry),
        "decision": entry.decision,
        "source": entry.proposal.source,
        "failure": failure_document(failure) if failure else None,
        "failures": {w: failure_document(f) for w, f in _failures(outcome).items()},
        "workloads": {} if isinstance(outcome, Failure) else outcome.values,
        **_breaks(run, entry),
    }


def _breaks(run: Run, entry: Entry) -> dict[str, Any]:
    """What it breaks on each split that saw it; nothing where nothing is required."""
    if not run.constraints():
        return {}
    return {"breaks": {s: [c.text for c in run.broken(v)] for s, v in entry.values.items()}}


def print_entry(run: Run, entry: Entry, archive: str) -> None:
    """The description for people; `archive` is named in commands that it suggests."""
    from rich.console import Console

    console = Console(highlight=False)
    proposal = entry.proposal
    parents = ", ".join(f"{run.name}/{n}" for n in proposal.parents) or "none"
    origin = printable(proposal.proposer)
    console.print(f"{run.name}/{entry.number}: {entry.decision}, from {origin}", markup=False)
    console.print(f"parents: {parents}")
    console.print(f"digest: {proposal.digest}")
    if words := rescored_words(run, archive_words(archive)):
        console.print(f"rescored {words}", soft_wrap=True, markup=False)
    console.print()
    _print_code(console, proposal.source.strip())
    if isinstance(entry.outcome, Failure):
        console.print(f"\n{failure_lines(entry.outcome)[0]}", markup=False)
        return
    console.print(_score_table(run, entry))
    if entry.decision == "eliminated":
        console.print("so far behind the front on these few workloads that it met no others")
    for line in breaks_by_split(run.constraints(), entry.values):
        console.print(line, soft_wrap=True)
    for line in failure_lines(entry.outcome):
        console.print(line, markup=False)


def _print_code(console: Console, source: str) -> None:
    """In colours on a terminal, which obeys none of it; to a file or pipe as it is, unwrapped."""
    from rich.syntax import Syntax

    if console.is_terminal:
        console.print(
            Syntax(printable(source), "python", background_color="default", word_wrap=True)
        )
    else:
        say(source)


def _failures(outcome: Outcome) -> dict[str, Failure]:
    return {} if isinstance(outcome, Failure) else dict(outcome.failures)


def _score_table(run: Run, entry: Entry) -> Table:
    """Search workloads one by one, then each split as one number; in brackets the best baseline
    that meets the requirements.
    """
    from rich import box
    from rich.table import Table

    objectives = run.scale.objectives
    table = Table(box=box.SIMPLE_HEAD, caption="in brackets: the best baseline", pad_edge=False)
    table.add_column("workload")
    for o in objectives:
        table.add_column(heading(o.name, o.unit and f"({o.unit})"), justify="right")
    for workload in run.scale.workloads("search"):
        table.add_row(workload.id, *(_on_workload(run, entry, o, workload.id) for o in objectives))
    table.add_section()
    for split in SPLITS:
        if split in entry.values:
            table.add_row(f"all of {split}", *(_on_split(run, entry, o, split) for o in objectives))
    return table


def _on_workload(run: Run, entry: Entry, objective: Objective, workload: str) -> str:
    def value(e: Entry) -> float | None:
        if isinstance(e.outcome, Failure):
            return None
        return e.outcome.values[objective.name].get(workload)  # None where a race went on without

    return _against(objective, value(entry), [value(b) for b in run.to_beat("search").values()])


def _on_split(run: Run, entry: Entry, objective: Objective, split: Split) -> str:
    known = [b.values[split][objective.name] for b in run.to_beat(split).values()]
    return _against(objective, entry.values[split][objective.name], known)


def _against(objective: Objective, value: float | None, baselines: Sequence[float | None]) -> str:
    best = best_of(objective, [b for b in baselines if b is not None])
    return f"{figure(value)} ({figure(best)})"
