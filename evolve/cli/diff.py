"""The verb that compares two policies' texts: diff."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evolve.cli import flags
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evaluators.contract import Objective, Split
    from evolve.cli.lookup import Named

_SPLITS: tuple[Split, ...] = ("selection", "search")  # what generalises first


@dataclass(frozen=True)
class _Standing:
    """One objective of both; `better` is a, b or None where the resolution tells no difference."""

    objective: Objective
    split: Split
    a: float | None
    b: float | None

    @property
    def better(self) -> str | None:
        from evaluators.scoring import on_grid

        if self.a is None or self.b is None:
            return None
        a, b = on_grid(self.objective, self.a), on_grid(self.objective, self.b)
        return None if a == b else "a" if a < b else "b"

    def document(self) -> dict[str, Any]:
        return {
            "objective": self.objective.name,
            "unit": self.objective.unit,
            "split": self.split,
            "a": self.a,
            "b": self.b,
            "better": self.better,
        }


def _add_diff(parser: Parser) -> None:
    flags.add_pair(parser, "RUN/N, a digest's first digits, or a file")
    flags.add_json(parser)
    flags.add_archive(parser)


def _diff(args: Namespace) -> int:
    from archive.lineage import source_diff
    from evolve.cli.documents import print_document
    from evolve.cli.lookup import find_policy

    a, b = (find_policy(args.archive, word) for word in (args.first, args.second))
    text = source_diff(a.source, b.source, a.name, b.name)
    standings = _standings(a, b)
    if args.json:
        document = {"a": a.document(), "b": b.document(), "diff": text}
        print_document({**document, "scores": [s.document() for s in standings]})
        return 0
    _print_text(text or f"{a.name} and {b.name} are the same text\n")
    _print_standings(a, b, standings)
    return 0


def _standings(a: Named, b: Named) -> list[_Standing]:
    """Every objective on the best split that all known sides were scored on."""
    known = [(s.run, s.entry) for s in (a, b) if s.run and s.entry]
    if not known or not _is_one_problem(a, b):
        return []
    for split in _SPLITS:
        if all(split in entry.values for _, entry in known):
            objectives = known[0][0].scale.objectives
            return [
                _Standing(o, split, _value(a, split, o), _value(b, split, o)) for o in objectives
            ]
    return []


def _is_one_problem(a: Named, b: Named) -> bool:
    """Whether scores of both are of the same problem, as far as they are known."""
    return len({s.run.identity["digest"] for s in (a, b) if s.run}) <= 1


def _value(side: Named, split: Split, objective: Objective) -> float | None:
    return side.entry.values[split][objective.name] if side.entry else None


def _print_text(text: str) -> None:
    """In colours on a terminal, which obeys none of it; to a file or pipe as it is, for `patch`."""
    from rich.console import Console
    from rich.syntax import Syntax

    from evolve.cli.terminal import say
    from evolve.cli.wording import printable

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(Syntax(printable(text), "diff", background_color="default", word_wrap=True))
    else:
        say(text, end="")


def _print_standings(a: Named, b: Named, standings: list[_Standing]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from evolve.cli.front_table import ARROW
    from evolve.cli.wording import figure, printable

    if not _is_one_problem(a, b):
        print("\nno scores: the two were scored on different problems or versions")
    if not standings:
        return
    table = Table("objective", box=box.SIMPLE_HEAD, pad_edge=False)
    for letter, side in (("A", a), ("B", b)):
        table.add_column(f"{letter}\n{printable(side.heading)}", justify="right", overflow="fold")
    table.add_column("unit", overflow="fold")
    table.add_column("better", no_wrap=True)
    for s in standings:
        better = "-" if s.better is None else s.better.upper()
        objective = f"{s.objective.name} {ARROW[s.objective.better]}"
        table.add_row(objective, figure(s.a), figure(s.b), s.objective.unit, better)
    console = Console(highlight=False)
    console.print(f"\non the {standings[0].split} workloads; -: no difference that matters")
    console.print(table)


VERBS = (Verb("diff", "A B", "what changes from one policy to another", _add_diff, _diff),)
