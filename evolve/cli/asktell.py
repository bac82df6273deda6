"""Verbs of those who answer a run's prompts: ask, tell, hint."""

from __future__ import annotations

import sys
from argparse import Namespace

from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb


def _add_ask(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="one that was started with --ask-tell")
    parser.add_argument(
        "--minutes", metavar="N", type=flags.positive, default=30,
        help="for how long nobody else is given the ticket (30)",
    )  # fmt: skip
    flags.add_json(parser)
    flags.add_archive(parser)


def _ask(args: Namespace) -> int:
    from evolve.asktell import ask
    from evolve.cli.documents import print_document
    from evolve.cli.ticket_page import lease_document, lease_page

    leased = ask(args.archive, args.run, args.minutes)
    if args.json:
        print_document(lease_document(args.run, leased))
    else:
        say(lease_page(args.run, leased, flags.archive_words(args.archive)))
    return 0


def _add_tell(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("ticket", metavar="TICKET", help="as `adrs ask` names it")
    parser.add_argument(
        "answer", metavar="FILE",
        help="a policy, bare or in a fenced block, or SEARCH/REPLACE edits; -: standard input",
    )  # fmt: skip
    flags.add_json(parser)
    flags.add_archive(parser)


def _tell(args: Namespace) -> int:
    """1 when the answer failed or was sent back."""
    from evolve.asktell import tell
    from evolve.cli.documents import print_document
    from evolve.cli.ticket_page import told_document, told_page
    from evolve.runs import open_run

    told = tell(args.archive, args.run, args.ticket, flags.read_text(args.answer))
    if args.json:
        print_document(told_document(open_run(args.archive, args.run), told))
    else:
        say(told_page(args.run, told, flags.archive_words(args.archive)))
    is_failed = told.entry is not None and told.entry.decision == "failed"
    return 1 if told.sent_back or is_failed else 0


def _add_hint(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("text", metavar="TEXT", help="what models and people are told too")
    flags.add_archive(parser)


def _hint(args: Namespace) -> int:
    from evolve.asktell import hint

    hint(args.archive, args.run, args.text)
    print(f"{args.run} shows it from its next prompt on", file=sys.stderr)
    return 0


VERBS = (
    Verb("ask", "RUN", "a prompt that is yours to answer", _add_ask, _ask),
    Verb("tell", "RUN TICKET FILE", "answer a prompt; what came of it", _add_tell, _tell),
    Verb("hint", "RUN TEXT", "tell models and people something", _add_hint, _hint),
)
