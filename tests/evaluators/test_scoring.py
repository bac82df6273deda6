"""From values per workload to one number, and to what dominance and limits are decided on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import Bound, Failure, Objective, Score, Workload
from evaluators.scoring import (
    aggregate,
    aggregator,
    in_order,
    is_no_better,
    is_valid_measurement,
    limit_of_split,
    loss,
    on_grid,
    worst_values,
)

GOODPUT = Objective("goodput", "1/s", "higher", "exact", 0.0, 0.0, 0.5)
WAIT = Objective("wait", "s", "lower", "exact", 10.0, 20.0, 0.1)
CPU = Objective("cpu", "x", "lower", "measured", 5.0, 50.0, 0.1)
WORKLOADS = [Workload(i, f, i, {}) for i, f in [("a", "chat"), ("b", "chat"), ("c", "code")]]
VALUES = {"a": 1.0, "b": 3.0, "c": 10.0}
FLOATS = st.floats(-1e6, 1e6)


def of(objective, **changes):
    fields = ("name", "unit", "better", "kind", "reference", "worst", "resolution", "aggregate")
    return Objective(**{f: changes.get(f, getattr(objective, f)) for f in fields})


class Limited:
    objectives = (GOODPUT, WAIT, CPU)

    def __init__(self, bounds):
        self.bounds = bounds

    def limits(self, workload):
        return self.bounds.get(workload.id, {})


def test_families_weigh_equally():
    assert aggregate(WAIT, WORKLOADS, VALUES) == 6.0  # mean of (1 + 3) / 2 and 10


@pytest.mark.parametrize(("objective", "expected"), [(GOODPUT, 1.0), (WAIT, 10.0)])
def test_the_worst_workload(objective, expected):
    assert aggregate(of(objective, aggregate="worst"), WORKLOADS, VALUES) == expected


def test_every_workload_counts():
    with pytest.raises(KeyError):
        aggregate(WAIT, WORKLOADS, {"a": 1.0, "b": 3.0})


@given(st.permutations(WORKLOADS))
def test_the_order_of_workloads_does_not_count(workloads):
    assert aggregate(WAIT, workloads, VALUES) == aggregate(WAIT, WORKLOADS, VALUES)


@given(
    st.lists(st.tuples(FLOATS, st.sampled_from("xyz"), st.integers(0, 3)), min_size=1),
    st.sampled_from(["mean", "worst"]),
    st.sampled_from([GOODPUT, WAIT]),
)
def test_an_aggregate_of_drawn_workloads_is_that_of_their_copies(drawn, kind, objective):
    if not any(times for _, _, times in drawn):
        drawn.append((1.0, "x", 1))
    objective = of(objective, aggregate=kind)
    workloads = [Workload(str(i), family, str(i), {}) for i, (_, family, _) in enumerate(drawn)]
    copies = [
        Workload(f"{w.id}.{n}", w.family, w.id, {})
        for w, (_, _, times) in zip(workloads, drawn, strict=True)
        for n in range(times)
    ]
    values = np.array([value for value, _, _ in drawn])
    weights = np.array([times for _, _, times in drawn])
    expected = aggregate(objective, copies, {c.id: drawn[int(c.cluster)][0] for c in copies})
    total = aggregator(objective, workloads)
    assert total(values, weights) == pytest.approx(expected, abs=1e-6)
    several = total(np.stack([values, 2 * values]), weights)
    assert several == pytest.approx([expected, 2 * expected], abs=1e-6)


@given(FLOATS, FLOATS)
def test_a_smaller_loss_is_better(a, b):
    assert (loss(GOODPUT, a) < loss(GOODPUT, b)) == (a > b)
    assert (loss(WAIT, a) < loss(WAIT, b)) == (a < b)


@given(FLOATS, FLOATS)
def test_the_grid_keeps_the_order(a, b):
    if loss(GOODPUT, a) <= loss(GOODPUT, b):
        assert on_grid(GOODPUT, a) <= on_grid(GOODPUT, b)
    if abs(a - b) > 2 * GOODPUT.resolution:
        assert on_grid(GOODPUT, a) != on_grid(GOODPUT, b)


def test_differences_below_the_resolution_vanish():
    assert on_grid(WAIT, 1.01) == on_grid(WAIT, 0.99) == 10.0
    assert on_grid(GOODPUT, 2.0) == -4.0


@pytest.mark.parametrize(
    ("objective", "value", "limit", "respected"),
    [
        (GOODPUT, 1.0, 2.0, True),
        (GOODPUT, 2.0, 2.0, True),
        (GOODPUT, 2.0 + 1e-12, 2.0, True),
        (GOODPUT, 2.001, 2.0, False),
        (WAIT, 3.0, 2.0, True),
        (WAIT, 1.999, 2.0, False),
        (WAIT, math.nan, 2.0, False),
    ],
)
def test_a_limit_is_respected_up_to_rounding(objective, value, limit, respected):
    assert is_no_better(objective, value, limit) == respected


def test_a_split_has_a_limit_when_every_workload_has_one():
    exact = {"wait": Bound(1.0, "optimum", "sorted")}
    loose = {"wait": Bound(4.0, "bound", "fluid")}
    all_exact = Limited({"a": exact, "b": exact, "c": exact})
    mixed = Limited({"a": exact, "b": exact, "c": loose})
    assert limit_of_split(all_exact, WAIT, WORKLOADS) == Bound(1.0, "optimum", "sorted")
    assert limit_of_split(mixed, WAIT, WORKLOADS) == Bound(2.5, "bound", "fluid; sorted")
    assert limit_of_split(Limited({"a": exact, "b": exact}), WAIT, WORKLOADS) is None
    assert limit_of_split(all_exact, GOODPUT, WORKLOADS) is None


def test_order_is_all_that_is_changed_by_putting_in_order():
    crash, late = Failure("crash", "no"), Failure("time", "2 s")
    rows = {"b": {"w2": 1.0, "w1": 2.0}, "a": {"w2": 3.0, "w1": 4.0}}
    score = Score(rows, {"w2": late, "w1": crash}, {"w2": {"z": 5.0, "y": 6.0}, "w1": {}})
    ordered = in_order(score)
    assert ordered == score
    assert list(ordered.values) == ["a", "b"]
    assert list(ordered.values["b"]) == ["w1", "w2"]
    assert list(ordered.failures) == list(ordered.breakdown) == ["w1", "w2"]
    assert list(ordered.breakdown["w2"]) == ["y", "z"]
    assert in_order(late) is late


def test_a_failed_workload_is_charged_the_worst():
    assert worst_values(Limited({})) == {"goodput": 0.0, "wait": 20.0, "cpu": 50.0}


@pytest.mark.parametrize(
    ("values", "valid"),
    [
        ({"goodput": 1.0, "wait": 2.0}, True),
        ({"goodput": 1.0}, False),
        ({"goodput": 1.0, "wait": math.nan}, False),
        ({"goodput": math.inf, "wait": 2.0}, False),
    ],
)
def test_measurements_need_every_exact_objective(values, valid):
    assert is_valid_measurement(Limited({}), values) == valid
