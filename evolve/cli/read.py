"""Verbs that look: problems, status, front, show."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from evolve.cli import flags
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evaluators.contract import Problem
    from evolve.found import Found


def _add_problems(parser: Parser) -> None:
    parser.add_argument("problem", metavar="NAME", nargs="?", help="a name, or FILE.py: its parts")
    flags.add_problem_options(parser)
    flags.add_list_format(parser)


def _problems(args: Namespace) -> int:
    from evolve.cli.documents import print_document
    from evolve.cli.problem_page import problem_page, problem_parts, problem_rows
    from evolve.cli.rows import print_rows

    if args.problem is None:
        print_rows(problem_rows(), args, {"name": "problem", "summary": ""})
        return 0

    problem: Problem = flags.problem_spec(args).load()
    if args.json:
        print_document(problem_parts(problem))
    else:
        print(problem_page(problem))
    return 0


def _add_status(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?", help="the latest when not named")
    flags.add_json(parser)
    flags.add_archive(parser)


def _status(args: Namespace) -> int:
    from evolve.cli.documents import print_document, say_caution
    from evolve.cli.run_page import latest_run, status_document, status_page
    from evolve.cli.terminal import say
    from evolve.runs import open_run

    run = open_run(args.archive, args.run or latest_run(args.archive))
    say_caution(run)
    if args.json:
        print_document(status_document(run, args.archive))
    else:
        say(status_page(run, args.archive))
    return 0


def _add_front(parser: Parser) -> None:
    parser.add_argument("problem", metavar="RUN|PROBLEM", help="a run, or all runs of a problem")
    flags.add_problem_options(parser)
    flags.add_split(parser)
    flags.add_list_format(parser)
    flags.add_archive(parser)


def _front(args: Namespace) -> int:
    from evolve.cli.documents import front_document, print_document, say_caution
    from evolve.cli.front_table import front_rows, print_front
    from evolve.cli.rows import print_rows

    found = _found(args)
    say_caution(found)
    if args.json:
        print_document(front_document(found, args.split))
    elif args.format:
        print_rows(front_rows(found, args.split), args, {})
    else:
        print_front(found, args.split, args.archive)
    return 0


def _found(args: Namespace) -> Found:
    """The run of that name, or else all runs of that problem."""
    from evolve.across import runs_on
    from evolve.cli.lookup import means_problem
    from evolve.runs import open_run

    if means_problem(args.archive, args.problem):
        return runs_on(args.archive, flags.problem_spec(args).load())
    return open_run(args.archive, args.problem)


def _add_show(parser: Parser) -> None:
    parser.add_argument("entry", metavar="ID", help="RUN/N, or a digest's first digits")
    flags.add_json(parser)
    flags.add_archive(parser)


def _show(args: Namespace) -> int:
    from evolve.cli.documents import print_document, say_caution
    from evolve.cli.entry_page import print_entry, shown_document
    from evolve.cli.lookup import find_entry

    run, entry = find_entry(args.archive, args.entry)
    say_caution(run)
    if args.json:
        print_document(shown_document(run, entry))
    else:
        print_entry(run, entry, args.archive)
    return 0


VERBS = (
    Verb("problems", "[NAME]", "list the problems, or describe one", _add_problems, _problems),
    Verb("status", "[RUN]", "how far a run is", _add_status, _status),
    Verb("front", "RUN|PROBLEM", "the policies that nothing beats", _add_front, _front),
    Verb("show", "ID", "an entry: code, scores, failures, parents", _add_show, _show),
)
