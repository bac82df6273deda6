"""What a policy was played on: the evaluations of one purpose, which a race makes in two parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from archive.entry import Evaluation
from evaluators.contract import Score

Played = Mapping[tuple[str, str], Evaluation]  # (digest, purpose) -> its evaluation


def played(evaluations: Iterable[Evaluation]) -> Played:
    """The first evaluation of each policy and purpose; a search one together with its rest."""
    found: dict[tuple[str, str], Evaluation] = {}
    for evaluation in evaluations:
        key = (evaluation.key.digest, evaluation.key.purpose)
        first = found.setdefault(key, evaluation)
        if first is not evaluation and evaluation.key.purpose == "search":
            found[key] = together(first, evaluation)
    return found


def together(few: Evaluation, rest: Evaluation) -> Evaluation:
    """Two evaluations of one policy on different workloads as one, under the key of the first.

    It is a Failure where one of them is.
    """
    a, b = few.outcome, rest.outcome
    outcome = b if isinstance(a, Score) else a
    if isinstance(a, Score) and isinstance(b, Score):
        outcome = Score(
            {name: {**values, **b.values[name]} for name, values in a.values.items()},
            {**a.failures, **b.failures},
            {**a.breakdown, **b.breakdown},
        )
    return replace(
        few,
        outcome=outcome,
        traces={**few.traces, **rest.traces},
        cpu_s=few.cpu_s + rest.cpu_s,
        wall_s=few.wall_s + rest.wall_s,
        finished_at=rest.finished_at,
    )
