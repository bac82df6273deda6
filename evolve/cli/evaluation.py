"""What `evaluate` found of one policy, beside the baselines on the same workloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluators.contract import Bound, Failure, Objective, Policy, Problem, Split
from evaluators.engines.gpu.drift import drift_of, drift_words
from evaluators.execution.executor import Report
from evaluators.identity import identity_of
from evaluators.scoring import aggregate, is_clean, limit_of_split
from evolve.cli.documents import best_of, failure_lines, outcome_document
from evolve.cli.wording import figure


@dataclass(frozen=True)
class Evaluated:
    """One policy's report and those of the baselines."""

    problem: Problem
    policy: Policy
    split: Split
    report: Report
    baselines: Mapping[str, Report]

    @property
    def is_clean(self) -> bool:
        """Whether every workload was scored."""
        return is_clean(self.report.outcome)

    @cached_property
    def limits(self) -> Mapping[str, Bound | None]:
        """The limit of each objective on the split."""
        workloads = self.problem.workloads(self.split)
        return {o.name: limit_of_split(self.problem, o, workloads) for o in self.problem.objectives}

    def value(self, objective: Objective, report: Report) -> float | None:
        """The aggregated value, None where nothing was scored."""
        if isinstance(report.outcome, Failure):
            return None
        workloads = self.problem.workloads(self.split)
        return aggregate(objective, workloads, report.outcome.values[objective.name])

    def best_baseline(self, objective: Objective) -> float | None:
        """The best value of a baseline."""
        values = [self.value(objective, report) for report in self.baselines.values()]
        return best_of(objective, [v for v in values if v is not None])

    def document(self) -> dict[str, Any]:
        """The JSON document of `adrs evaluate --json`."""
        return {
            "problem": identity_of(self.problem),
            "policy_digest": self.policy.digest,
            "split": self.split,
            **outcome_document(self.report.outcome),
            "objectives": {o.name: self._objective(o) for o in self.problem.objectives},
            "workloads": self._by_workload(),
            "sandbox": {
                "level": self.report.sandbox.level,
                "filter_sha256": self.report.sandbox.filter_sha256,
            },
            "device": self.report.device,
            "reference_drift": drift_of(self.report.outcome),
        }

    def _objective(self, objective: Objective) -> dict[str, Any]:
        limit = self.limits[objective.name]
        return {
            "value": self.value(objective, self.report),
            "unit": objective.unit,
            "better": objective.better,
            "kind": objective.kind,
            "best_baseline": self.best_baseline(objective),
            "limit": limit.value if limit else None,
        }

    def _by_workload(self) -> dict[str, dict[str, float]]:
        outcome = self.report.outcome
        if isinstance(outcome, Failure):
            return {}
        ids = [w.id for w in self.problem.workloads(self.split)]
        return {id_: {name: column[id_] for name, column in outcome.values.items()} for id_ in ids}

    def print(self) -> None:
        """The same for people."""
        from rich import box
        from rich.console import Console
        from rich.table import Table

        console = Console(highlight=False)
        outcome = self.report.outcome
        if isinstance(outcome, Failure):
            console.print(*failure_lines(outcome), markup=False)
            return
        table = Table("objective", box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("value", "best baseline", "limit"):
            table.add_column(heading, justify="right")
        table.add_column("unit")
        for name, about in self.document()["objectives"].items():
            numbers = (figure(about[k]) for k in ("value", "best_baseline", "limit"))
            table.add_row(name, *numbers, about["unit"])
        console.print(table)
        for line in failure_lines(outcome):
            console.print(line, markup=False)
        console.print(f"sandbox {self.report.sandbox.note}", markup=False)
        if (drift := drift_of(outcome)) is not None:
            console.print(f"device {self.report.device}", markup=False)
            console.print(drift_words(drift) or f"drift {drift:.1%}", markup=False)
