"""The verb that attacks: redteam."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from evaluators.errors import UsageError, nearest_hint
from evolve.cli import flags
from evolve.cli.verb import Parser, Verb
from evolve.cli.wording import printable

if TYPE_CHECKING:
    from evaluators.execution.executor import Sandbox
    from evaluators.redteam.attack import Attack, Finding
    from evaluators.redteam.battery import Battery

HASH_CHARS = 12


def _add_redteam(parser: Parser) -> None:
    flags.add_problem(parser)
    parser.add_argument("--group", metavar="NAME", help="only the attacks of one group")
    flags.add_unsafe(parser)
    flags.add_json(parser)


def _redteam(args: Namespace) -> int:
    from evaluators.redteam.battery import Battery
    from evaluators.redteam.catalogue import catalogue

    start_s = time.monotonic()
    with Battery(flags.problem_spec(args), args.unsafe_no_sandbox) as battery:
        known = catalogue(battery.published, battery.problem, battery.honest)
        attacks = _chosen(known.attacks, args.group)
        if args.json:
            findings = [battery.play(a) for a in attacks]
            _print_document(battery, findings, known.not_tried)
        else:
            print(f"{len(attacks)} attacks on {battery.problem.name}; {battery.sandbox.note}")
            findings = list(_told(battery, attacks))
            _print_summary(findings, battery.sandbox, known.not_tried, time.monotonic() - start_s)
    return 0 if all(f.is_contained for f in findings) else 1


def _chosen(attacks: list[Attack], group: str | None) -> list[Attack]:
    """The attacks of a group. Raises UsageError for an unknown one."""
    groups = {a.group: None for a in attacks}
    if group is not None and group not in groups:
        raise UsageError(f"unknown group {group!r}", nearest_hint(group, groups))
    return [a for a in attacks if group in (None, a.group)]


def _told(battery: Battery, attacks: list[Attack]) -> Iterator[Finding]:
    """The findings, each said as it comes; a terminal also shows what is being played."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    group = ""
    for attack in attacks:
        if attack.group != group:
            group = attack.group
            console.print(f"\n{group}")
        with console.status(attack.name):
            finding = battery.play(attack)
        console.print(printable(_line(finding)), style=None if finding.is_contained else "bold red")
        yield finding


def _line(finding: Finding) -> str:
    verdict = "contained  " if finding.is_contained else "GOT THROUGH"
    got = finding.failure or "scored as the honest policy"
    return f"  {verdict}  {finding.name}: {'; '.join(finding.seen) or got}"


def _print_summary(
    findings: list[Finding], sandbox: Sandbox, not_tried: str, wall_s: float
) -> None:
    through = [f.name for f in findings if not f.is_contained]
    contained = len(findings) - len(through)
    hashed = sandbox.filter_sha256[:HASH_CHARS] or "none"
    print(f"\n{contained} contained at level {sandbox.level}, filter {hashed}, in {wall_s:.0f} s")
    if not_tried:
        print(f"not tried: {not_tried}")
    if through:
        print(f"{len(through)} got through: {', '.join(through)}")


def _print_document(battery: Battery, findings: list[Finding], not_tried: str) -> None:
    from evaluators.identity import identity_of
    from evolve.cli.documents import print_document

    print_document(
        {
            "problem": identity_of(battery.published),
            "sandbox": {
                "level": battery.sandbox.level,
                "filter_sha256": battery.sandbox.filter_sha256,
            },
            "contained": sum(f.is_contained for f in findings),
            "through": sum(not f.is_contained for f in findings),
            "not_tried": not_tried,
            "findings": [_finding_document(f) for f in findings],
        }
    )


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "group": finding.group,
        "level": finding.level,
        "contained": finding.is_contained,
        "seen": list(finding.seen),
        "failure": finding.failure,
        "wall_s": round(finding.wall_s, 3),
    }


VERBS = (
    Verb("redteam", "PROBLEM", "attack a problem's evaluation", _add_redteam, _redteam),
)  # fmt: skip
