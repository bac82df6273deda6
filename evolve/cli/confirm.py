"""The verb that measures a front where times are real: confirm."""

from __future__ import annotations

import sys
from argparse import Namespace

from evolve.cli import flags
from evolve.cli.verb import Parser, Verb


def _add_confirm(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="whose front was found by a simulator")
    parser.add_argument(
        "--device", metavar="NAME", required=True, help="cuda:N, or cpu for tests"
    )  # fmt: skip
    parser.add_argument(
        "--param", metavar="K=V", action="append", default=[],
        help="a parameter of the measurement, beside those of the run",
    )  # fmt: skip
    parser.add_argument(
        "--most", metavar="N", type=flags.positive,
        help="only the N best of the front in the first objective (all)",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", metavar="N", type=flags.positive, default=3, help="plays of every policy (3)"
    )
    flags.add_split(parser)
    flags.add_unsafe(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _confirm(args: Namespace) -> int:
    from evolve.cli.confirm_page import confirm_document, print_confirmed
    from evolve.cli.documents import print_document
    from evolve.cli.progress import watching_play
    from evolve.confirming import confirm

    try:
        with watching_play() as observer:
            confirmed = confirm(
                args.archive, args.run, args.device,
                parameters=flags.pairs("--param", args.param), split=args.split, most=args.most,
                rounds=args.rounds, observer=observer, unsafe_no_sandbox=args.unsafe_no_sandbox,
            )  # fmt: skip
    except KeyboardInterrupt:
        print("interrupted, nothing is lost: the same command goes on", file=sys.stderr)
        return 130
    if args.json:
        print_document(confirm_document(confirmed))
    else:
        print_confirmed(confirmed)
    return 1 if confirmed.objection else 0


VERBS = (
    Verb(
        "confirm", "RUN --device NAME", "measure its front on a GPU: does the ranking hold there?",
        _add_confirm, _confirm,
    ),
)  # fmt: skip
