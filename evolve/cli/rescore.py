"""The verb that scores a front by another version of its problem: rescore."""

from __future__ import annotations

import sys
from argparse import Namespace

from evolve.cli import flags
from evolve.cli.verb import Parser, Verb


def _add_rescore(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="whose problem has another version now")
    flags.add_split(parser)
    flags.add_workers(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _rescore(args: Namespace) -> int:
    from evolve.cli.documents import print_document, say_caution
    from evolve.cli.progress import watching_play
    from evolve.cli.rescore_page import print_rescore, rescore_document
    from evolve.rescoring import rescore

    try:
        with watching_play() as observer:
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


VERBS = (
    Verb("rescore", "RUN", "score its front by the problem as it is now", _add_rescore, _rescore),
)
