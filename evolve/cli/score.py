"""Verbs that measure: evaluate, doctor."""

from __future__ import annotations

from argparse import Namespace

from evolve.cli import flags
from evolve.cli.sealed import add_split, note_openings
from evolve.cli.verb import Parser, Verb


def _add_evaluate(parser: Parser) -> None:
    flags.add_problem(parser)
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
    from evolve.search import evaluate

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
    parser.add_argument("run", metavar="RUN", nargs="?", help="rebuild its views and compare")
    flags.add_json(parser)
    flags.add_archive(parser)


def _doctor(args: Namespace) -> int:
    from evolve.cli.checkup import archive_findings, machine_findings, print_findings, run_findings

    if args.run:
        findings = list(run_findings(args.archive, args.run))
    else:
        findings = [*machine_findings(args.archive), *archive_findings(args.archive)]
    print_findings(findings, args.json)
    return 0 if all(f.is_well for f in findings) else 1


VERBS = (
    Verb("evaluate", "PROBLEM FILE", "score a policy of your own", _add_evaluate, _evaluate),
    Verb("doctor", "[RUN]", "check this machine and archive, or a run", _add_doctor, _doctor),
)
