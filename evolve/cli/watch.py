"""The verb that looks at a run as it goes, from another terminal."""

from __future__ import annotations

from argparse import Namespace

from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb


def _add_watch(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?", help="the latest when not named")
    flags.add_archive(parser)


def _watch(args: Namespace) -> int:
    from evolve.cli.run_page import latest_run
    from evolve.cli.watch_page import watch
    from evolve.following import Follower

    follower = Follower(args.archive, args.run or latest_run(args.archive))
    name, where = follower.name, flags.archive_words(args.archive)
    try:
        watch(follower)
    except KeyboardInterrupt:
        say(f"\nleft; {name} goes on: adrs watch {name}{where}")
    else:
        say(f"{name} stopped ({follower.reason}): adrs front {name}{where}")
    return 0


VERBS = (Verb("watch", "[RUN]", "follow a run from another terminal", _add_watch, _watch),)
