"""A policy as a Python module of its own: standard library and numpy, nothing of this project.

Prelude and policy share one namespace in the sandbox, the policy after the prelude; here they stand
one behind the other in one module, so names mean the same in both places.
"""

from __future__ import annotations

import dataclasses
from ast import get_docstring, parse
from collections.abc import Iterator, Sequence
from hashlib import sha256

import numpy as np

from archive.entry import Entry
from archive.export.future import without_future_imports
from archive.export.interface import interface
from archive.export.reduction import Reduced
from archive.export.standing import Scored, Standing, standings
from archive.lineage import descent
from evaluators.contract import Problem
from evaluators.identity import Identity, identity_of
from evaluators.scale import Scale


def export_module(
    problem: Problem,
    run: str,
    entry: Entry,
    entries: Sequence[Entry],
    reduced: Reduced | None = None,
    scored: Scored | None = None,
) -> str:
    """The module's text. Importing it and calling the entry behaves as the archived policy.

    Args:
        problem: whose helpers and interface the policy gets.
        run: the name of the run that found it.
        entry: what to export.
        entries: all of the run, for baselines and lineage.
        reduced: what takes the place of the entry's own source.
        scored: what its values are read by; that problem, and nothing required, when None.
    """
    now = identity_of(problem)
    scored = scored or Scored(problem, now)
    prelude, in_prelude = without_future_imports(problem.prelude)
    policy, in_policy = without_future_imports(reduced.source if reduced else entry.proposal.source)
    features = sorted(in_prelude | in_policy)
    parts = [
        _docstring(_facts(problem, run, entry, entries, reduced, scored, now)),
        f"from __future__ import {', '.join(features)}\n" if features else "",
        f"# Helpers of the problem {problem.name}.\n{prelude.strip()}\n" if prelude.strip() else "",
        f"{_heading(scored.scale, run, entry, entries)}\n{policy.strip()}\n",
    ]
    return "\n\n".join(part for part in parts if part)


def _docstring(lines: Sequence[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return '"""' + text.replace("\\", "\\\\").replace('"""', "'''") + '\n"""\n'


def _heading(scale: Scale, run: str, entry: Entry, entries: Sequence[Entry]) -> str:
    """Names the policy, and who wrote its docstring where that was not whoever wrote its code."""
    heading = f"# The policy {run}/{entry.number}."
    words = get_docstring(parse(entry.proposal.source))
    if words is None:
        return heading
    line = [step.entry for step in descent(entry, entries, scale.objectives)]
    author = next(e for e in line if get_docstring(parse(e.proposal.source)) == words)
    if author.number == entry.number:
        return heading
    return f"{heading} Its docstring is that of {run}/{author.number}, whose code was changed."


def _facts(
    problem: Problem,
    run: str,
    entry: Entry,
    entries: Sequence[Entry],
    reduced: Reduced | None,
    scored: Scored,
    now: Identity,
) -> list[str]:
    then, scale = scored.identity, scored.scale
    parameters = dataclasses.asdict(problem.parameters)
    return [
        f"`{problem.signature.entry}`: a policy for {problem.name}, found by adrs.",
        "",
        f"policy       {run}/{entry.number} by {entry.proposal.proposer}",
        f"  sha256     {entry.proposal.digest}",
        *(reduction_lines(reduced) if reduced else []),
        f"problem      {then['name']} version {then['version']}",
        f"  sha256     {then['digest']}",
        *_change(then, now),
        *(f"  parameter  {name} = {value!r}" for name, value in parameters.items()),
        f"numpy        {np.__version__} when it was exported",
        "",
        *_scores(standings(scale, entry, entries, required=scored.required)),
        *lineage_lines(scale, entry, entries),
        "",
        f"{problem.signature.entry} is a function of the fields that its parameters name; or the",
        "method of a class that is built once per episode with those of the first group.",
        *interface(problem.signature),
        "",
        "Scored with `random` and `numpy.random` seeded by `seed` at the start of each episode.",
    ]


def _change(then: Identity, now: Identity) -> Iterator[str]:
    """What of the module is not of the problem that it was scored on."""
    if then["digest"] != now["digest"]:
        yield f"exported     with the helpers and the interface of version {now['version']}"
        yield f"  sha256     {now['digest']}"


def reduction_lines(reduced: Reduced) -> Iterator[str]:
    """What was taken away, and what that may have cost."""
    before, after = reduced.before, reduced.after
    yield f"reduced      {before.lines} lines, {before.nodes} nodes to {after.lines}, {after.nodes}"
    yield f"  sha256     {sha256(reduced.source.encode()).hexdigest()}"
    yield "  Every decision on the search and selection workloads is the same. What none of them"
    yield "  needed is gone, guards against other inputs among it; measured scores below are those"
    yield "  of the policy as it was found."


def _scores(found: Sequence[Standing]) -> Iterator[str]:
    if not found:
        yield from ("It was not scored on every workload.", "")
    for split in dict.fromkeys(s.split for s in found):
        yield f"Scores on the {split} workloads:"
        yield from (_score(s) for s in found if s.split == split)
        yield ""


def _score(s: Standing) -> str:
    objective = s.objective
    unit = f" {objective.unit}" if objective.unit not in ("", "1") else ""
    text = f"  {objective.name} = {s.value:.6g}{unit}, {objective.better} is better"
    if s.best_baseline is not None:
        name, best = s.best_baseline
        text += f"; best baseline {best:.6g} ({name})"
    return text + (f"; {s.limit.kind} {s.limit.value:.6g}" if s.limit else "; no limit known")


def lineage_lines(scale: Scale, entry: Entry, entries: Sequence[Entry]) -> list[str]:
    """The descent of an entry from a baseline, one line per step."""
    lines = ["Descent, first parents only, with gains on the search workloads:"]
    for step in descent(entry, entries, scale.objectives):
        gains = ", ".join(f"{name} {gain:+.3g}" for name, gain in step.gains.items() if gain)
        proposal = step.entry.proposal
        lines.append(f"  {proposal.number} {proposal.proposer} {proposal.digest[:12]} {gains}")
    return lines
