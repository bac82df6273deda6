"""The verb that scores a front by another version of its problem: rescore."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evolve.cli import flags
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evolve.events import Event, Observer


def _add_rescore(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="whose problem has another version now")
    flags.add_split(parser)
    flags.add_workers(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _rescore(args: Namespace) -> int:
    from evolve.cli.documents import print_document, say_caution
    from evolve.cli.rescore_page import print_rescore, rescore_document
    from evolve.rescoring import rescore

    try:
        with _watching() as observer:
            rescored = rescore(
                args.archive, args.run, args.workers, observer,
                unsafe_no_sandbox=args.unsafe_no_sandbox,
            )  # fmt: skip
    except KeyboardInterrupt:
        where = flags.archive_words(args.archive)
        print(f"interrupted, nothing is lost: adrs rescore {args.run}{where}", file=sys.stderr)
        return 130
    say_caution(rescored)
    if args.json:
        print_document(rescore_document(rescored, args.split))
    else:
        print_rescore(rescored, args.split)
    return 0


@contextmanager
def _watching() -> Iterator[Observer]:
    """An observer that says on stderr how far it is: in place on a terminal, else now and then."""
    from rich.console import Console

    from evolve.cli.progress import LINE_EVERY_S, preflight_line
    from evolve.events import Cautioned, Noticed, Preflight, Rescoring

    console = Console(stderr=True, highlight=False)
    said_at = time.monotonic()
    with console.status("starting evaluators") as status:

        def observe(event: Event) -> None:
            nonlocal said_at
            match event:
                case Cautioned() | Noticed():
                    console.print(event.text, soft_wrap=True, markup=False)
                case Preflight():
                    console.print(preflight_line(event), soft_wrap=True, markup=False)
                case Rescoring():
                    status.update(line := f"{event.done}/{event.total} evaluations")
                    is_due = event.done == event.total or time.monotonic() >= said_at + LINE_EVERY_S
                    if is_due and not console.is_terminal:
                        said_at = time.monotonic()
                        console.print(line)

        yield observe


VERBS = (
    Verb("rescore", "RUN", "score its front by the problem as it is now", _add_rescore, _rescore),
)
