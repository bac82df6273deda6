"""One problem, described: what it asks, what it is judged by, what it starts from."""

from __future__ import annotations

import dataclasses
from typing import Any

from evaluators.contract import SPLITS, Problem
from evaluators.signature import describe
from evolve.cli.documents import problem_document


def problem_parts(problem: Problem) -> dict[str, Any]:
    """The description as JSON data."""
    return {
        **problem_document(problem),
        "statement": problem.statement,
        "parameters": dataclasses.asdict(problem.parameters),
        "signature": describe(problem.signature),
        "objectives": [dataclasses.asdict(o) for o in problem.objectives],
        "baselines": sorted(problem.baselines()),
        "workloads": {split: [w.id for w in problem.workloads(split)] for split in SPLITS},
    }


def problem_page(problem: Problem) -> str:
    """The description for people."""
    objectives = [
        f"  {o.name:<22} {o.better} is better, {o.unit}, {o.kind}. {o.doc}".rstrip()
        for o in problem.objectives
    ]
    parameters = dataclasses.asdict(problem.parameters).items()
    return "\n".join(
        [
            f"{problem.name}, version {problem.version}",
            "",
            problem.statement.strip(),
            "",
            "Objectives:",
            *objectives,
            "",
            "Parameters (--param name=value):",
            *(f"  {k} = {v}" for k, v in parameters),
            "",
            f"Baselines: {', '.join(sorted(problem.baselines()))}",
            "Workloads: "
            + ", ".join(f"{len(problem.workloads(s))} {s}" for s in SPLITS if s != "tiny"),
        ]
    )
