"""`prefix_reordering` is a problem in every respect, and its limits hold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from evaluators.problems.prefix_reordering.problem import PrefixReordering
from evaluators.problems.prefix_reordering.table import table_of
from evaluators.testing import ProblemContract
from tests.evaluators.problems.prefix_reordering.cases import most_hits, most_served_hits

GOLDEN = Path(__file__).parents[3] / "golden" / "prefix_reordering.json"


class TestPrefixReordering(ProblemContract):
    def problem(self):
        return PrefixReordering()

    def relabel(self, problem, workload, actions, rng):
        """Rows get other numbers."""
        old_number = rng.permutation(len(workload.content["value"]))
        content = {**workload.content, "value": workload.content["value"][old_number]}
        renamed = [
            {
                "row_order": np.argsort(old_number)[a["row_order"]],
                "field_order": a["field_order"][old_number],
            }
            for a in actions
        ]
        return dataclasses.replace(workload, content=content), renamed

    def invalid_actions(self, problem, workload):
        rows, fields = workload.content["value"].shape
        row_order, field_order = np.arange(rows), np.tile(np.arange(fields), (rows, 1))
        as_it_is = {"row_order": row_order, "field_order": field_order}
        return {
            "a field twice": {**as_it_is, "field_order": np.zeros_like(field_order)},
            "a row twice": {**as_it_is, "row_order": np.zeros_like(row_order)},
            "a row left out": {**as_it_is, "row_order": row_order[1:]},
            "one order for all": {**as_it_is, "field_order": field_order[0]},
            "fields from one": {**as_it_is, "field_order": field_order + 1},
            "floats": {**as_it_is, "field_order": field_order.astype(float)},
            "a table": {**as_it_is, "value": workload.content["value"]},
        }

    def best_by_brute_force(self, problem, workload):
        table, served = table_of(workload.content), problem.given(workload)
        served_hits = most_served_hits(table, served["in_flight"], served["cache_chars"])
        return {
            "hit_share": most_hits(table) / table.num_chars,
            "bounded_hit_share": served_hits / table.num_chars,
            "moved_pairs": 0.0,
        }

    def golden(self):
        return GOLDEN
