"""Valid actions pass unchanged, spoilt ones are refused, whatever their signature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given

from evaluators.checking import bind, check_action, size_of
from evaluators.errors import InvalidAction
from evaluators.signature import (
    Array,
    Category,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Signature,
    Subset,
    Text,
)
from evaluators.testing.corruption import corrupted_actions
from tests.strategies import MAXIMA, fields_and_values


def signature(*action):
    return Signature("act", given=(), observation=(), action=action, maxima=MAXIMA)


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return type(a) is type(b) and a == b


def check_one(f, value, **sizes):
    return check_action(signature(f), {f.name: value}, sizes)[f.name]


def is_refused(s, action, sizes):
    try:
        check_action(s, action, sizes)
    except InvalidAction:
        return True
    return False


@given(fields_and_values())
def test_a_valid_action_comes_back_unchanged(case):
    fields, values, sizes = case
    assert same(check_action(signature(*fields), values, sizes), values)


@given(fields_and_values())
@example(((Array("flag", "bool", ()),), {"flag": np.array(False)}, {}))
def test_a_spoilt_action_is_refused(case):
    fields, values, sizes = case
    s = signature(*fields)
    spoilt = list(corrupted_actions(s, values, sizes))
    assert len(spoilt) >= 4
    for what, action in spoilt:
        assert is_refused(s, action, sizes), f"accepted {what}: {action}"


@given(fields_and_values())
def test_a_checked_action_shares_no_memory_with_the_answer(case):
    fields, values, sizes = case
    checked = check_action(signature(*fields), values, sizes)
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            assert not np.shares_memory(checked[name], value)


MATRIX = Array("load", "float64", ("rows", "items"))
COUNT = Scalar("count", "int64", low=0, high=9)


@pytest.mark.parametrize(
    ("f", "value", "sizes", "message"),
    [
        (COUNT, 10, {}, "count has 10, expected at most 9"),
        (COUNT, -1, {}, "count has -1, expected at least 0"),
        (COUNT, 1.0, {}, "count is float, expected int64"),
        (Scalar("x", "float64"), float("nan"), {}, "expected a finite number"),
        (Scalar("x", "float64"), 10**400, {}, "x does not fit into float64"),
        (MATRIX, np.zeros((2, 2)), {"rows": 2, "items": 3}, r"load has shape \(2, 2\), expected"),
        (MATRIX, [[1.0], [1.0, 2.0]], {"rows": 2, "items": 2}, "rows of different lengths"),
        (MATRIX, [["a"]], {"rows": 1, "items": 1}, "load has dtype <U1, expected float64"),
        (Array("i", "int64", (1,)), np.array([2**63], np.uint64), {}, "not fit into int64"),
        (Array("i", "int64", (1,), index_of="items"), [3], {"items": 3}, "expected at most 2"),
        (Permutation("order", "items"), [0, 0, 1], {"items": 3}, "order has 0 2 times"),
        (Permutation("order", "items"), [0, 1, 3], {"items": 3}, r"index outside 0\.\.2"),
        (Subset("few", "items"), [0, 1, 2, 0], {"items": 3}, "few has 4 indices, expected at most"),
        (Category("how", ("a", "b")), "c", {}, "how is 'c', expected one of"),
        (Ragged("r", "int64", "rows", "total"), [[1]], {"rows": 2}, "r has 1 rows, expected 2"),
        (Ragged("r", "int64", "rows", "total"), [range(41)], {"rows": 1}, "41 values together"),
        (Text("t", "rows", "total"), ["é" * 21], {"rows": 1}, "t has 42 values together"),
        (Text("t", "rows", "total"), ["\ud800"], {"rows": 1}, "UTF-8 cannot hold"),
        (Text("t", "rows", "total"), "ab", {"rows": 2}, "t is str, expected a list of 2 rows"),
        (Record("p", (COUNT,)), {"number": 1}, {}, r"p has fields \['number'\], expected"),
        (Record("p", (COUNT,)), 1, {}, r"p is int, expected fields \['count'\]"),
    ],
)
def test_a_refusal_says_what_was_expected(f, value, sizes, message):
    with pytest.raises(InvalidAction, match=message):
        check_one(f, value, **sizes)


def test_lists_and_smaller_types_become_the_declared_dtype():
    assert same(check_one(Permutation("p", "items"), [1, 0], items=2), np.array([1, 0]))
    assert same(check_one(Array("x", "float64", (2,)), [1, 2]), np.array([1.0, 2.0]))
    small = np.array([1, 2], dtype=np.int8)
    assert same(check_one(Array("i", "int64", (2,)), small), np.array([1, 2]))
    assert same(check_one(Scalar("x", "float64"), np.float32(0.5)), 0.5)
    assert same(check_one(Permutation("p", "items"), [], items=0), np.zeros(0, np.int64))


def test_fields_are_all_wanted_and_no_other():
    s = signature(COUNT, Scalar("on", "bool"))
    for action in ({"count": 1}, {"count": 1, "on": True, 3: 4}, {}):
        with pytest.raises(InvalidAction, match="the answer has fields"):
            check_action(s, action, {})


def test_symbols_are_bound_by_what_was_asked():
    fields = (
        Scalar("bins", "int64"),
        Record("jobs", (Array("size", "float64", ("rows", "items")),)),
        Ragged("r", "int64", "rows", "total"),
        Permutation("p", "items"),
    )
    values = {"bins": 7, "jobs": {"size": np.zeros((2, 3))}, "r": [[1], []], "p": [0, 1, 2]}
    symbols = {}
    bind(fields, values, symbols)
    assert symbols == {"bins": 7, "rows": 2, "items": 3}
    assert size_of("rows", symbols) == 2
    assert size_of(5, symbols) == 5


def test_contradicting_sizes_are_an_error():
    fields = (Array("a", "float64", ("rows",)), Array("b", "float64", ("rows",)))
    with pytest.raises(ValueError, match="b: dimension rows is 2 but the array has 3"):
        bind(fields, {"a": np.zeros(2), "b": np.zeros(3)}, {})
