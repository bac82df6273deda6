"""Verbs that measure: evaluate, doctor."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from evolve.cli import flags
from evolve.cli.sealed import add_split, note_openings
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evolve.cli.checkup import Finding


def _add_evaluate(parser: Parser) -> None:
    flags.add_problem(parser)
    flags.add_device(parser)
    parser.add_argument("policy", metavar="FILE", help="the policy's source")
    add_split(parser, "search")
    flags.add_workers(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _evaluate(args: Namespace) -> int:
    from evaluators.contract import Policy

    policy = Policy(args.policy, flags.read_text(args.policy))
    spec = flags.problem_spec(args)
    problem = spec.load()
    note_openings(args, problem, (), f"evaluate {policy.digest}")
    from evolve.cli.documents import print_document
    from evolve.cli.evaluation import Evaluated
    from evolve.cli.proving import prove_limits
    from evolve.search import evaluate

    prove_limits(problem, [args.split])
    baselines = problem.baselines()
    report, *others = evaluate(
        spec, [policy, *baselines.values()], args.split, args.workers, args.unsafe_no_sandbox
    )
    evaluated = Evaluated(
        problem, policy, args.split, report, dict(zip(baselines, others, strict=True))
    )
    if args.json:
        print_document(evaluated.document())
    else:
        evaluated.print()
    return 0 if evaluated.is_clean else 1


def _add_doctor(parser: Parser) -> None:
    parser.add_argument(
        "problem", metavar="PROBLEM|RUN", nargs="?",
        help="a problem: what equal policies differ by here; a run: rebuild its views and compare",
    )  # fmt: skip
    flags.add_problem_options(parser)
    flags.add_device(parser)
    add_split(parser, "selection")
    flags.add_unsafe(parser)
    flags.add_json(parser)
    flags.add_archive(parser)


def _doctor(args: Namespace) -> int:
    from evolve.cli.checkup import archive_findings, machine_findings, print_findings, run_findings
    from evolve.cli.lookup import means_problem

    if args.problem is None:
        findings = [*machine_findings(args.archive), *archive_findings(args.archive)]
    elif means_problem(args.archive, args.problem):
        findings = _calibrated(args)
    else:
        findings = list(run_findings(args.archive, args.problem))
    print_findings(findings, args.json)
    return 0 if all(f.is_well for f in findings) else 1


def _calibrated(args: Namespace) -> list[Finding]:
    """What A/A pairs of a problem say; how far they are is said on a terminal."""
    from rich.console import Console

    from evolve.cli.checkup import calibration_findings
    from evolve.noise_floors import measure

    spec = flags.problem_spec(args)
    problem = spec.load()
    note_openings(args, problem, (), "doctor")
    console = Console(stderr=True, highlight=False)
    console.print(f"{problem.name}: equal policies side by side on the {args.split} workloads")
    with console.status("the first pair") as status:
        found = measure(
            spec, args.split, unsafe_no_sandbox=args.unsafe_no_sandbox,
            tell=lambda done, pairs: status.update(f"{done} of {pairs} pairs"),
        )  # fmt: skip
    return list(calibration_findings(problem, found))


VERBS = (
    Verb("evaluate", "PROBLEM FILE", "score a policy of your own", _add_evaluate, _evaluate),
    Verb(
        "doctor", "[PROBLEM|RUN]", "check this machine and archive, a problem, or a run",
        _add_doctor, _doctor,
    ),
)  # fmt: skip
