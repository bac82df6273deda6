"""Which workloads may be played in one child: none may foretell another."""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.contract import Span, Workload


def independent_batches(workloads: Sequence[Workload]) -> list[list[Workload]]:
    """The workloads in as few batches as a first fit gives, in order.

    Two workloads of a batch share neither cluster nor any row of real data: what a policy sees of
    one says nothing of the other's future.
    """
    batches: list[list[Workload]] = []
    for workload in workloads:
        for batch in batches:
            if not any(are_related(workload, other) for other in batch):
                batch.append(workload)
                break
        else:
            batches.append([workload])
    return batches


def are_related(a: Workload, b: Workload) -> bool:
    """Whether two workloads share randomness or source data."""
    return a.cluster == b.cluster or any(_overlap(x, y) for x in a.spans for y in b.spans)


def _overlap(a: Span, b: Span) -> bool:
    return a.source == b.source and a.start < b.stop and b.start < a.stop
