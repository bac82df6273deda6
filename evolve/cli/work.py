"""Verbs that search: run, resume."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.configuration import usd
from evolve.cli.estimate import estimate
from evolve.cli.search_flags import add_budget, add_search, settings_of
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from archive.constraint import Constraint
    from evaluators.contract import Problem
    from evolve.events import Observer
    from evolve.runs import Run


def _add_resume(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_budget(
        parser,
        "add to a budget that has ended: +400",
        _more("--evaluations", flags.positive),
        "stop after this long from now (what is left of the run's own seconds, if it has any)",
    )
    parser.add_argument("--usd", metavar="X", type=_more("--usd", usd), help="more dollars: +5")
    parser.add_argument(
        "--tokens",
        metavar="N",
        type=_more("--tokens", flags.positive),
        help="more tokens: +1000000",
    )
    flags.add_workers(parser)
    flags.add_executor(parser)
    flags.add_archive(parser)


def _more(flag: str, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """What is added to a budget, written with a plus so that nobody takes it for the whole."""

    def addition(text: str) -> Any:
        if not text.startswith("+"):
            raise UsageError(f"{flag} {text} on resume", f"say how much more: {flag} +{text}")
        return kind(text.removeprefix("+"))

    return addition


def _run(args: Namespace) -> int:
    settings = settings_of(args)
    problem = settings.problem.load()
    from evolve.search import check_settings, run
    from evolve.searching import constraints_of

    if args.dry_run:
        check_settings(settings, problem)
        print("\n".join(estimate(settings, problem)))
        return 0
    required = constraints_of(settings, problem)
    started = partial(run, settings)
    return _watched(args.archive, settings.seconds, problem, required, started)


def _resume(args: Namespace) -> int:
    from evolve.runs import open_run
    from evolve.search import resume

    found = open_run(args.archive, args.run)
    return _watched(
        args.archive,
        args.seconds or found.seconds_left,
        found.problem,
        found.constraints(),
        lambda observer: resume(
            args.archive,
            args.run,
            args.evaluations,
            args.seconds,
            args.workers,
            observer,
            more_usd=args.usd,
            more_tokens=args.tokens,
            where=args.executor,
            unsafe_no_sandbox=args.unsafe_no_sandbox,
        ),
    )


def _watched(
    archive: str,
    seconds: float | None,
    problem: Problem,
    constraints: Sequence[Constraint],
    search: Callable[[Observer], Run],
) -> int:
    from evolve.cli.progress import watching
    from evolve.cli.proving import prove_limits
    from evolve.race_words import race_words

    prove_limits(problem)
    with watching(problem, seconds, constraints) as observer:
        run = search(observer)
    say(closing(run, archive))
    if words := race_words(run.raced()):
        print(f"race: {words}")
    return exit_code(run)


def exit_code(run: Run) -> int:
    """130 when interrupted, 3 when nothing valid was found, else 0."""
    if run.stopped == "interrupted":
        return 130
    return 0 if {"front", "dominated"} & run.decisions().keys() else 3


def closing(run: Run, archive: str) -> str:
    """What a run ended with, and what to type next."""
    where = flags.archive_words(archive)
    if run.stopped == "interrupted":
        return f"interrupted, nothing is lost: adrs resume {run.name}{where}"
    more = f"; more time: adrs resume {run.name} --seconds 600{where}"
    return (
        f"{run.name} stopped ({run.stopped}): adrs front {run.name}{where}"
        f"{more if run.stopped == 'seconds' else ''}"
    )


VERBS = (
    Verb("run", "PROBLEM", "search for policies", add_search, _run),
    Verb("resume", "RUN", "go on with a run", _add_resume, _resume),
)
