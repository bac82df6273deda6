"""A policy as a Python module of its own: standard library and numpy, nothing of this project.

Prelude and policy share one namespace in the sandbox, the policy after the prelude; here they stand
one behind the other in one module, so names mean the same in both places.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from archive.entry import Entry
from archive.export.future import without_future_imports
from archive.export.interface import interface
from archive.lineage import descent
from evaluators.contract import SPLITS, Objective, Problem, Split
from evaluators.identity import problem_digest
from evaluators.scoring import limit_of_split, loss


def export_module(problem: Problem, run: str, entry: Entry, entries: Sequence[Entry]) -> str:
    """The module's text. Importing it and calling the entry behaves as the archived policy.

    Args:
        problem: the problem that the entry was scored on.
        run: the name of the run that found it.
        entry: what to export.
        entries: all of the run, for baselines and lineage.
    """
    prelude, in_prelude = without_future_imports(problem.prelude)
    policy, in_policy = without_future_imports(entry.proposal.source)
    features = sorted(in_prelude | in_policy)
    parts = [
        _docstring(_facts(problem, run, entry, entries)),
        f"from __future__ import {', '.join(features)}\n" if features else "",
        f"# Helpers of the problem {problem.name}.\n{prelude.strip()}\n" if prelude.strip() else "",
        f"# The policy {run}/{entry.number}.\n{policy.strip()}\n",
    ]
    return "\n\n".join(part for part in parts if part)


def _docstring(lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '\n"""\n'


def _facts(problem: Problem, run: str, entry: Entry, entries: Sequence[Entry]) -> list[str]:
    parameters = dataclasses.asdict(problem.parameters)
    return [
        f"`{problem.signature.entry}`: a policy for {problem.name}, found by adrs.",
        "",
        f"policy       {run}/{entry.number} by {entry.proposal.proposer}",
        f"  sha256     {entry.proposal.digest}",
        f"problem      {problem.name} version {problem.version}",
        f"  sha256     {problem_digest(problem)}",
        *(f"  parameter  {name} = {value!r}" for name, value in parameters.items()),
        "",
        *_scores(problem, entry, entries),
        *_lineage(problem, entry, entries),
        "",
        f"{problem.signature.entry} is a function of the fields that its parameters name; or the",
        "method of a class that is built once per episode with those of the first group.",
        *interface(problem.signature),
        "",
        "Scored with `random` and `numpy.random` seeded by `seed` at the start of each episode.",
    ]


def _scores(problem: Problem, entry: Entry, entries: Sequence[Entry]) -> list[str]:
    lines: list[str] = []
    for split in SPLITS:
        if split in entry.values:
            lines += [
                f"Scores on the {split} workloads:",
                *(_score(problem, split, o, entry, entries) for o in problem.objectives),
                "",
            ]
    return lines or ["It was not scored on every workload.", ""]


def _score(
    problem: Problem, split: Split, objective: Objective, entry: Entry, entries: Sequence[Entry]
) -> str:
    value = entry.values[split][objective.name]
    unit = "" if objective.unit == "1" else f" {objective.unit}"
    text = f"  {objective.name} = {value:.6g}{unit}, {objective.better} is better"
    baselines = {f"seed/{name}": name for name in problem.baselines()}
    scored = [
        (loss(objective, v := e.values[split][objective.name]), baselines[e.proposal.proposer], v)
        for e in entries
        if e.proposal.proposer in baselines and split in e.values
    ]
    if scored:
        _, name, best = min(scored)
        text += f"; best baseline {best:.6g} ({name})"
    limit = limit_of_split(problem, objective, problem.workloads(split))
    return text + (f"; {limit.kind} {limit.value:.6g}" if limit is not None else "; no limit known")


def _lineage(problem: Problem, entry: Entry, entries: Sequence[Entry]) -> list[str]:
    lines = ["Descent, first parents only, with gains on the search workloads:"]
    for step in descent(entry, entries, problem.objectives):
        gains = ", ".join(f"{name} {gain:+.3g}" for name, gain in step.gains.items() if gain)
        proposal = step.entry.proposal
        lines.append(f"  {proposal.number} {proposal.proposer} {proposal.digest[:12]} {gains}")
    return lines
