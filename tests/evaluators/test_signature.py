"""A signature refuses to be ambiguous, and describes itself as plain data."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from evaluators.signature import (
    SEED,
    Array,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Signature,
    Subset,
    Text,
    describe,
    dims,
    leaves,
)
from tests.strategies import MAXIMA, fields_and_values

X, ORDER = Scalar("x", "float64"), Permutation("order", "items")


def signature(given=(), observation=(X,), action=(ORDER,), maxima=MAXIMA):
    return Signature("act", given, observation, action, maxima)


def test_seed_is_given_to_every_policy_once():
    assert signature().given == (SEED,)
    assert signature(given=(SEED,)).given == (SEED,)
    assert signature().inputs() == (SEED, X)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"given": (X,), "observation": (X,)}, r"field names repeat in \['x', 'x'\]"),
        ({"action": (ORDER, ORDER)}, "field names repeat"),
        ({"observation": (Record("r", (X, X)),)}, "field names repeat"),
        ({"action": ()}, "at least one action field"),
        ({"action": (Permutation("p", "jobs"),)}, "symbol 'jobs' has no declared maximum"),
        ({"observation": (Record("r", (Subset("s", "jobs"),)),)}, "symbol 'jobs' has no"),
        ({"action": (Scalar("i", "int64", index_of="gpus"),)}, "i is an index of 'gpus'"),
    ],
)
def test_an_ambiguous_signature_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        signature(**arguments)


def test_an_index_may_be_of_a_dimension_or_of_an_integer():
    signature(action=(Scalar("i", "int64", index_of="items"),))
    signature(given=(Scalar("gpus", "int64"),), action=(Scalar("i", "int64", index_of="gpus"),))


def test_leaves_open_records_in_order():
    fields = (X, Record("r", (ORDER, Scalar("y", "bool"))))
    assert [f.name for f in leaves(fields)] == ["x", "order", "y"]


def test_dimensions():
    assert dims(Array("a", "bool", ("rows", 3))) == ("rows", 3)
    assert dims(Ragged("r", "int64", "rows", "total")) == ("rows", "total")
    assert dims(Text("t", "rows", "total")) == ("rows", "total")
    assert dims(ORDER) == ("items",)
    assert dims(X) == ()


@given(fields_and_values())
def test_a_description_is_json_and_tells_fields_apart(case):
    fields, _, _ = case
    described = describe(signature(action=fields))
    assert json.loads(json.dumps(described)) == json.loads(json.dumps(described))
    assert [f["name"] for f in described["action"]] == [f.name for f in fields]
    assert [f["kind"] for f in described["action"]] == [type(f).__name__ for f in fields]
    assert described != describe(signature(action=(*fields, Scalar("one_more", "bool"))))


def test_words_for_people_are_not_part_of_the_description():
    plain = signature(observation=(Scalar("x", "float64"),))
    worded = signature(observation=(Scalar("x", "float64", unit="s", doc="a time"),))
    assert describe(plain) == describe(worded)
    assert describe(plain) != describe(signature(observation=(Scalar("x", "float64", low=0),)))
