"""The verb that looks through an archive on the screen."""

from __future__ import annotations

import sys
from argparse import Namespace

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.verb import Parser, Verb


def _add_browse(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?", help="open it at once")
    flags.add_archive(parser)


def _browse(args: Namespace) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "browse needs a terminal", "elsewhere: adrs runs, adrs front RUN, adrs show ID"
        )
    from archive.browse.app import Browser
    from archive.browse.queries.shelf import Shelf

    browser = Browser(Shelf(args.archive), args.run)
    browser.run()
    return browser.return_code or 0


VERBS = (Verb("browse", "[RUN]", "look through the runs on the screen", _add_browse, _browse),)
