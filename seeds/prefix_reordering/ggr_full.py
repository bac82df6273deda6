"""Greedy Group Recursion to the end, without limits on its depth.

Source: Liu et al., "Optimizing LLM Queries in Relational Data Analytics Workloads", MLSys 2025,
Algorithm 1: as `ggr`, but until no value repeats among the rows that are left. Own code.
"""

import numpy as np


class GreedyGroups:
    def __init__(self, value, length):
        self.value = value
        self.weight = length.astype(np.int64) ** 2
        self.field_order = np.empty_like(value)
        self.row_order = []
        fields = range(value.shape[1])
        self.determined = [[g for g in fields if g != f and self.determines(f, g)] for f in fields]

    def determines(self, field, other):
        pair = self.value[:, field] * len(self.weight) + self.value[:, other]
        return len(np.unique(pair)) == len(np.unique(self.value[:, field]))

    def best_group(self, rows, fields):
        """Hit count, field, value and the fields that it determines."""
        best = (0, None, None, None)
        for field in fields:
            column = self.value[rows, field]
            count = np.bincount(column, minlength=len(self.weight))
            repeated = np.flatnonzero(count > 1)
            if len(repeated) == 0:
                continue
            some_row = np.zeros(len(count), dtype=np.int64)
            some_row[column] = rows
            inferred = [g for g in self.determined[field] if g in fields]
            weight = self.weight[repeated].copy()
            for other in inferred:
                weight += self.weight[self.value[some_row[repeated], other]]
            hits = weight * (count[repeated] - 1)
            top = hits.argmax()
            if hits[top] > best[0]:
                best = (hits[top], field, repeated[top], inferred)
        return best

    def order_by_statistics(self, rows, fields, before):
        score = [
            self.weight[self.value[rows, f]].mean()
            * (len(rows) / len(np.unique(self.value[rows, f])) - 1)
            for f in fields
        ]
        order = [fields[i] for i in np.argsort(-np.array(score), kind="stable")]
        self.field_order[rows] = before + order
        cells = self.value[np.ix_(rows, order)]
        self.row_order.append(rows[np.lexsort(cells[:, ::-1].T)] if order else rows)

    def order(self, rows, fields, before):
        """Fix the order of these rows, and of these fields in them, behind those before."""
        while len(rows) > 1 and len(fields) > 1:
            hits, field, value, inferred = self.best_group(rows, fields)
            if hits == 0:
                break
            head = [field, *inferred]
            others = [f for f in fields if f not in head]
            is_in_group = self.value[rows, field] == value
            self.order(rows[is_in_group], others, before + head)
            rows = rows[~is_in_group]
        if len(rows):
            self.order_by_statistics(rows, fields, before)


def reorder(value, length):
    groups = GreedyGroups(value, length)
    rows, fields = value.shape
    groups.order(np.arange(rows), list(range(fields)), [])
    return {
        "row_order": np.concatenate(groups.row_order),
        "field_order": groups.field_order,
    }
