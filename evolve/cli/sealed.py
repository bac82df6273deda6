"""The choice of a split, and the sealed one: opened on the record, or not at all."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from evaluators.errors import UsageError

if TYPE_CHECKING:
    from evaluators.contract import Problem
    from evolve.cli.verb import Parser


def add_split(parser: Parser, default: str) -> None:
    """--split and --run."""
    splits = ("search", "selection", "sealed")
    parser.add_argument("--split", choices=splits, default=default, help=f"({default})")
    parser.add_argument(
        "--run", metavar="RUN", help="with --split sealed: the run whose journal notes the opening"
    )


def note_openings(args: Namespace, problem: Problem, runs: Iterable[str], reason: str) -> None:
    """With --split sealed: note it in these runs and the one of --run. Raises UsageError where
    there is none.
    """
    from evolve.openings import note_opening

    if args.split != "sealed":
        return
    names = dict.fromkeys([*runs, *([args.run] if args.run else [])])
    if not names:
        raise UsageError(
            "the sealed split is opened on the record only",
            "name the run that you judge: --run RUN",
        )
    for name in names:
        count = note_opening(args.archive, name, problem, reason)
        print(f"opening {count} of the sealed workloads, noted in {name}", file=sys.stderr)
