"""The verb that says which is better: compare."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.sealed import add_split, note_openings
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evaluators.contract import Problem, Split
    from evaluators.registry import ProblemSpec
    from evolve.cli.lookup import Named
    from evolve.comparing import Scores


def _add_compare(parser: Parser) -> None:
    flags.add_pair(parser, "RUN/N, a digest's first digits, a file; or a run")
    parser.add_argument(
        "--problem", metavar="NAME", help="what files solve that no run knows; then also baselines"
    )
    flags.add_problem_options(parser)
    add_split(parser, "selection")
    parser.add_argument(
        "--exact", action="store_true", help="leave out measured objectives: nothing is timed"
    )
    flags.add_unsafe(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _compare(args: Namespace) -> int:
    from archive.store.places import store_at

    words = (args.first, args.second)
    runs = [w for w in words if w in store_at(args.archive).names()]
    if not runs:
        return _compare_policies(args)
    if len(runs) < len(words):
        other = next(w for w in words if w not in runs)
        raise UsageError(
            f"{runs[0]} is a run and {other} is none",
            "compare a run with a run, or a policy (RUN/N, a file) with a policy",
        )
    return _compare_runs(args)


# -- policies ------------------------------------------------------------------------------------


def _compare_policies(args: Namespace) -> int:
    from evaluators.contract import Policy
    from evaluators.scoring import is_clean
    from evolve.cli.compare_page import ComparedPolicies
    from evolve.comparing import compare

    spec, named = _policies(args)
    a, b = (Policy(n.name, n.source) for n in named)
    known = _known(named, args.split)
    runs = [n.run.name for n in named if n.run]
    note_openings(args, spec.load(), runs, f"compare {a.digest} {b.digest}")
    with _playing(f"playing both on the {args.split} workloads"):
        found = compare(
            spec, a, b, args.split, exact=args.exact, known=known,
            unsafe_no_sandbox=args.unsafe_no_sandbox,
        )  # fmt: skip
    ComparedPolicies(found, *named).print(args.json)
    return 0 if is_clean(found.a) and is_clean(found.b) else 1


def _policies(args: Namespace) -> tuple[ProblemSpec, list[Named]]:
    """The two, and the problem that both are compared on. Raises UsageError."""
    from evolve.cli.lookup import Named, find_policy

    given = flags.problem_spec(args) if args.problem else None
    baselines = given.load().baselines() if given else {}
    named = [
        Named(word, baselines[word].source)
        if word in baselines
        else find_policy(args.archive, word)
        for word in (args.first, args.second)
    ]
    in_order = sorted(named, key=lambda n: not n.is_id)  # an id means the run that it names
    spec = given or next((n.run.settings.problem for n in in_order if n.run), None)
    if spec is None:
        raise UsageError(
            "no run knows these files, nor says which problem they solve", "add --problem NAME"
        )
    return spec, [_of_problem(n, spec.load()) for n in named]


def _of_problem(named: Named, problem: Problem) -> Named:
    """What a run says of a policy counts only where the run is of the same problem."""
    from evolve.cli.lookup import Named

    if named.run is None:
        return named
    try:
        named.run.check_same_problem(problem)
    except UsageError as error:
        if named.is_id:
            raise UsageError(error.message, "compare what is of one problem") from error
        return Named(named.name, named.source)
    return named


def _known(named: Iterable[Named], split: Split) -> Scores:
    """What the runs know of the policies on the split, by digest."""
    found = [(n.entry, n.run.scores(n.entry)) for n in named if n.run and n.entry]
    return {e.proposal.digest: scores[split] for e, scores in found if split in scores}


# -- runs ----------------------------------------------------------------------------------------


def _compare_runs(args: Namespace) -> int:
    from evolve.cli.compare_page import ComparedRuns
    from evolve.comparing import check_one_problem, compare_runs
    from evolve.runs import open_run

    a, b = (open_run(args.archive, name) for name in (args.first, args.second))
    check_one_problem(a, b)
    note_openings(args, a.problem, [a.name, b.name], f"compare {a.name} {b.name}")
    with _playing(f"playing both fronts on the {args.split} workloads"):
        found = compare_runs(a, b, args.split, unsafe_no_sandbox=args.unsafe_no_sandbox)
    ComparedRuns(found).print(args.json)
    return 0


@contextmanager
def _playing(what: str) -> Iterator[None]:
    """Says on a terminal what is waited for."""
    from rich.console import Console

    with Console(file=sys.stderr).status(what):
        yield


VERBS = (Verb("compare", "A B", "which of two policies or runs is better", _add_compare, _compare),)
