"""The verb that draws a run: plot."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.errors import UsageError, nearest_hint
from evolve.cli import flags
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from archive.plotting import Picture
    from evaluators.contract import Objective, Split
    from evolve.runs import Run


def _add_plot(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="FILE.png or FILE.svg"
    )
    parser.add_argument(
        "--objectives", metavar="A,B", type=flags.names, default=(), help="the front's axes"
    )
    parser.add_argument(
        "--split", choices=("search", "selection"), default="selection",
        help="the front's (selection)",
    )  # fmt: skip
    flags.add_archive(parser)


def _plot(args: Namespace) -> int:
    from archive.plotting import draw
    from evolve.runs import open_run

    run = open_run(args.archive, args.run)
    draw(picture_of(run, args.split, args.objectives), Path(args.output))
    print(f"{args.run} is drawn in {args.output}", file=sys.stderr)
    return 0


def picture_of(run: Run, split: Split = "selection", objectives: tuple[str, ...] = ()) -> Picture:
    """What is drawn of a run; the front's axes are the first two objectives unless two are named.

    Raises UsageError for names that are none, or not two.
    """
    from archive.plotting import Picture

    axes = _axes(run, objectives)
    limits = {name: b.value for name, b in run.limits(split).items() if b is not None}
    return Picture(
        title=f"{run.name}: {run.scale.name} version {run.scale.version}",
        objectives=axes,
        split=split,
        front=run.front(split),
        entries=run.entries(),
        baselines=run.baselines(),
        limits=limits,
        progress=run.progress(),
        baseline_hypervolume=run.baseline_hypervolume("search"),
        best={o.name: e for o in run.objectives() if (e := run.best(o)) is not None},
    )


def _axes(run: Run, names: tuple[str, ...]) -> tuple[Objective, Objective]:
    """The two objectives of these names; the first two when none is named."""
    known = {o.name: o for o in run.scale.objectives}
    for name in names:
        if name not in known:
            raise UsageError(f"unknown objective {name!r}", nearest_hint(name, known))
    if len(names or known) < 2 or len(names) > 2 or len(set(names)) < len(names):
        raise UsageError("a front is drawn over two objectives", f"two of {', '.join(known)}")
    first, second = (names or tuple(known))[:2]
    return known[first], known[second]


VERBS = (Verb("plot", "RUN", "draw a run's front, growth and lineage", _add_plot, _plot),)
