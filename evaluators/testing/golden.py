"""The baselines' scores on the search split, pinned in a file.

A change of simulator, generator or scorer shows here before it shows in somebody's archive.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from evaluators.contract import Measurements, Policy, Problem, Split, Workload
from evaluators.errors import InvalidAction
from evaluators.identity import problem_digest
from evaluators.playing import play
from evaluators.scoring import aggregate

Played = Mapping[str, Mapping[str, Measurements]]  # baseline -> workload id -> measurements
Scores = dict[str, dict[str, float]]  # baseline -> exact objective -> aggregate
RELATIVE_TOLERANCE = 1e-9  # processors differ in the last bits of exp and log


def play_baselines(problem: Problem, split: Split) -> Played:
    """Every baseline on every workload of a split. Raises AssertionError for an invalid action."""
    return {
        name: {w.id: _play_valid(problem, w, policy) for w in problem.workloads(split)}
        for name, policy in problem.baselines().items()
    }


def _play_valid(problem: Problem, workload: Workload, policy: Policy) -> Measurements:
    try:
        return play(problem, workload, policy)[0]
    except InvalidAction as error:
        raise AssertionError(f"{policy.name} on {workload.id}: {error}") from error


def baseline_scores(problem: Problem, played: Played) -> Scores:
    """The aggregates over the search split."""
    workloads = problem.workloads("search")
    return {
        name: {
            o.name: aggregate(o, workloads, {k: m.values[o.name] for k, m in by_workload.items()})
            for o in problem.objectives
            if o.kind == "exact"
        }
        for name, by_workload in played.items()
    }


def changed_scores(old: Scores, new: Scores) -> list[str]:
    """Where the two differ by more than rounding: `baseline.objective: old -> new`, sorted."""
    flat_old, flat_new = _flat(old), _flat(new)
    return [
        f"{key}: {flat_old.get(key)} -> {flat_new.get(key)}"
        for key in sorted(flat_old.keys() | flat_new.keys())
        if not _same(flat_old.get(key, math.nan), flat_new.get(key, math.nan))
    ]


def _flat(scores: Scores) -> dict[str, float]:
    return {f"{name}.{k}": v for name, values in scores.items() for k, v in values.items()}


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-12)


def write_golden(problem: Problem, path: Path) -> None:
    """Write {problem, version, digest, scores}.

    Raises:
        ValueError: the file holds other scores of the same version.
    """
    scores = baseline_scores(problem, play_baselines(problem, "search"))
    if path.is_file():
        old = json.loads(path.read_text())
        if old["version"] == problem.version and changed_scores(old["scores"], scores):
            raise ValueError(f"{path} has other scores of version {problem.version}: raise it")
    data = {
        "problem": problem.name,
        "version": problem.version,
        "digest": problem_digest(problem),
        "scores": scores,
    }
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n")
