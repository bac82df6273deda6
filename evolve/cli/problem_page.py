"""Problems in a list, and one of them described: what it asks, is judged by, starts from."""

from __future__ import annotations

import dataclasses
import inspect
from collections import Counter
from typing import Any

from evaluators.contract import SPLITS, Problem
from evaluators.identity import identity_of
from evaluators.registry import problem_class, problem_names
from evaluators.signature import describe


def problem_rows() -> list[dict[str, Any]]:
    """A row per problem that has a name."""
    classes = {name: problem_class(name) for name in problem_names()}
    return [
        {"name": name, "version": c.version, "summary": (inspect.getdoc(c) or "").split("\n")[0]}
        for name, c in classes.items()
    ]


def problem_parts(problem: Problem) -> dict[str, Any]:
    """The description as JSON data."""
    return {
        **identity_of(problem),
        "statement": problem.statement,
        "parameters": dataclasses.asdict(problem.parameters),
        "signature": describe(problem.signature),
        "objectives": [dataclasses.asdict(o) for o in problem.objectives],
        "baselines": sorted(problem.baselines()),
        "variations": [dataclasses.asdict(v) for v in problem.variations()],
        "workloads": {split: [w.id for w in problem.workloads(split)] for split in SPLITS},
    }


def problem_page(problem: Problem) -> str:
    """The description for people."""
    objectives = [
        f"  {o.name:<22} {o.better} is better, {o.unit}, {o.kind}. {o.doc}".rstrip()
        for o in problem.objectives
    ]
    parameters = [f"  {k} = {v}" for k, v in dataclasses.asdict(problem.parameters).items()]
    return "\n".join(
        [
            f"{problem.name}, version {problem.version}",
            "",
            inspect.cleandoc(problem.statement),
            "",
            "Objectives:",
            *objectives,
            "",
            "Parameters (--param name=value):" + ("" if parameters else " none"),
            *parameters,
            "",
            f"Baselines: {', '.join(sorted(problem.baselines()))}",
            f"Other settings (adrs report RUN --robustness): {_axes(problem)}",
            "Workloads: "
            + ", ".join(f"{len(problem.workloads(s))} {s}" for s in SPLITS if s != "tiny"),
        ]
    )


def _axes(problem: Problem) -> str:
    """How many settings it offers on each axis."""
    counts = Counter(v.axis for v in problem.variations())
    return ", ".join(f"{n} of {axis}" for axis, n in counts.items()) or "none"
