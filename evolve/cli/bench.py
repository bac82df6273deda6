"""The verb that says what a search is worth here: bench."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.errors import UsageError, nearest_hint
from evaluators.writing import writing
from evolve.cli import flags
from evolve.cli.search_flags import add_search, settings_of
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evolve.controls import Cell
    from evolve.settings import Arm, Settings

SEEDS = 10


def _add_bench(parser: Parser) -> None:
    add_search(parser)
    parser.add_argument(
        "--seeds", metavar="N", type=flags.positive, default=SEEDS,
        help=f"runs of each arm, from --seed on ({SEEDS}); an interval needs 8",
    )  # fmt: skip
    parser.add_argument(
        "--arms", metavar="A,B", type=flags.names, default=(),
        help="full, independent, greedy, and embedded beside models (all)",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="FILE", help="append each run's result to it, a JSON line each"
    )
    flags.add_json(parser)


def _bench(args: Namespace) -> int:
    settings = settings_of(args)
    settings = replace(settings, name=settings.name or f"bench-{Path(settings.problem.name).stem}")
    arms = _arms(args.arms, settings)
    runs = args.seeds * len(arms)
    if args.dry_run:
        print("\n".join(_estimate(settings, runs)))
        return 0
    from evolve.benching import bench
    from evolve.cli.bench_page import print_controls
    from evolve.cli.progress import watching_play
    from evolve.cli.proving import prove_limits
    from evolve.controls import Controls

    prove_limits(settings.problem.load())
    cells: list[Cell] = []
    try:
        with watching_play() as observer:
            for cell in bench(settings, arms, args.seeds, observer):
                cells.append(cell)
                if args.out:
                    _append(args.out, cell)
    except KeyboardInterrupt:
        print(
            f"interrupted after {len(cells)} of {runs} runs, nothing is lost: "
            "the same command goes on",
            file=sys.stderr,
        )
        return 130
    print_controls(Controls(cells), args.json)
    return 0


def _arms(wanted: Sequence[str], settings: Settings) -> tuple[Arm, ...]:
    """Those that are wanted, the search among them. Raises UsageError."""
    from evolve.benching import arms_for

    known = arms_for(settings)
    for name in wanted:
        if name not in known:
            raise UsageError(f"no arm is called {name!r} here", nearest_hint(name, known))
    return tuple(a for a in known if not wanted or a in wanted or a == "full")


def _estimate(settings: Settings, runs: int) -> Iterator[str]:
    """What a run may ask for and spend, and how many there are."""
    from evolve.cli.estimate import estimate

    yield f"{runs} runs; of each of them, where it asks models:"
    for line in estimate(settings, settings.problem.load()):
        yield f"  {line}"


def _append(path: str, cell: Cell) -> None:
    """Keep a result; one that the file has already is not repeated."""
    from evolve.cli.bench_page import line_of

    with writing(path), Path(path).open("a+", encoding="utf-8") as file:
        file.seek(0)
        if cell.run not in {json.loads(line)["run"] for line in file if line.strip()}:
            file.write(line_of(cell) + "\n")


VERBS = (
    Verb("bench", "PROBLEM", "the search beside control arms of its budget", _add_bench, _bench),
)
