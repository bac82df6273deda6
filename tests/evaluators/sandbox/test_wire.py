"""Every kind of field survives the trip; no forged byte raises anything but WireError."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.checking import bind, check_action
from evaluators.errors import InvalidAction
from evaluators.sandbox.leaf import WireError
from evaluators.sandbox.wire import Reader, SignatureLayout
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
    describe,
)
from tests.strategies import MAXIMA, fields_and_values

ANSWER = (Scalar("answer", "float64"),)


def layout_of(signature):
    return SignatureLayout(describe(signature))


def same(a, b):
    if isinstance(a, Mapping):
        return all(same(value, b[name]) for name, value in a.items())
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and a.dtype == b.dtype and bool((a == b).all())
    return type(a) is type(b) and a == b


def seen_by_policy(layout, message, fields):
    reader = Reader(layout.observation, {f.name for f in fields})
    seen = reader.read(message, 0, len(message), layout.start_sizes())
    return {
        f.name: {x.name: getattr(seen[f.name], x.name) for x in f.fields}
        if isinstance(f, Record)
        else seen[f.name]
        for f in fields
    }


@given(fields_and_values())
def test_an_observation_arrives_as_it_was_sent(drawn):
    fields, values, _ = drawn
    layout = layout_of(Signature("f", (), fields, ANSWER, MAXIMA))
    bound = layout.start_sizes()
    message = layout.observation.encode(values, bound)
    assert len(message) <= layout.observation.max_bytes
    assert same(values, seen_by_policy(layout, message, fields))
    symbols = {}
    bind(fields, values, symbols)
    assert {k: n for k, n in symbols.items() if k in MAXIMA} == {
        k: n for k, n in bound.items() if k in MAXIMA
    }


@given(fields_and_values())
def test_an_answer_arrives_as_it_was_given(drawn):
    fields, values, sizes = drawn
    layout = layout_of(Signature("f", (), (), fields, MAXIMA))
    message = layout.encode_answer(values, sizes)
    assert len(message) <= layout.action.max_bytes
    assert same(values, layout.decode_answer(message, sizes))


@given(fields_and_values(), st.data())
def test_a_forged_answer_is_refused_or_harmless(drawn, data):
    fields, values, sizes = drawn
    signature = Signature("f", (), (), fields, MAXIMA)
    layout = layout_of(signature)
    message = bytearray(layout.encode_answer(values, sizes))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(message) - 1))
        message[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(message)))
    forged = bytes(message[:cut]) if data.draw(st.booleans()) else bytes(message)
    with contextlib.suppress(WireError, InvalidAction):
        check_action(signature, layout.decode_answer(forged, sizes), sizes)


@given(fields_and_values(), st.binary(max_size=400))
def test_noise_is_refused_or_harmless(drawn, noise):
    fields, _, sizes = drawn
    signature = Signature("f", (), (), fields, MAXIMA)
    layout = layout_of(signature)
    with contextlib.suppress(WireError, InvalidAction):
        check_action(signature, layout.decode_answer(noise, sizes), sizes)


@pytest.mark.parametrize("offset", [-8, -(2**40), 2**40, 2**63 - 1, -(2**63)])
@pytest.mark.parametrize(
    "field",
    [
        Array("x", "float64", ("items",)),
        Array("x", "bool", ("rows", "items")),
        Subset("x", "items"),
        Ragged("x", "int64", "rows", "total"),
        Text("x", "rows", "total"),
    ],
    ids=lambda f: type(f).__name__,
)
def test_an_array_outside_the_message_is_refused(field, offset):
    layout = layout_of(Signature("f", (), (), (field,), MAXIMA))
    message = offset.to_bytes(8, "little", signed=True) + bytes(800)
    with pytest.raises(WireError, match="does not lie in the message"):
        layout.decode_answer(message, {"rows": 2, "items": 3})


@pytest.mark.parametrize(
    "field", [Ragged("x", "int64", "rows", "total"), Text("x", "rows", "total")],
    ids=lambda f: type(f).__name__,
)  # fmt: skip
def test_rows_that_run_backwards_are_refused_even_if_their_lengths_wrap_around(field):
    layout = layout_of(Signature("f", (), (), (field,), MAXIMA))
    ends = (0, 2**63 - 1, -(2**63) + 5, 4)  # as int64 no difference of neighbours is negative
    words = b"".join(e.to_bytes(8, "little", signed=True) for e in (8, *ends))
    with pytest.raises(WireError, match="do not fit together"):
        layout.decode_answer(words + bytes(800), {"rows": 3, "items": 3})


COUNT = Scalar("x", "int64")
SHARE = Scalar("x", "float64")
FLAG = Scalar("x", "bool")
TABLE = Array("x", "int64", ("rows", 2))
LINE = Array("x", "float64", ("items",))


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (COUNT, None, "x is NoneType, expected int64"),
        (COUNT, True, "x is bool, expected int64"),
        (COUNT, 1.0, "x is float, expected int64"),
        (COUNT, "1", "x is str, expected int64"),
        (COUNT, 2**63, "x is too large for an int64"),
        (SHARE, 1j, "x is complex, expected float64"),
        (SHARE, np.array(1.0), "x is ndarray, expected float64"),
        (SHARE, 10**400, "x is too large for a float64"),
        (FLAG, 1, "x is int, expected bool"),
        (Category("x", ("a", "b")), "c", "x is 'c', expected one of"),
        (Category("x", ("a", "b")), ["a"], "expected one of"),
        (LINE, None, "x is NoneType, expected an array"),
        (LINE, "text", "x is str, expected an array"),
        (LINE, [1.0], "x has shape (1,), expected (3,)"),
        (LINE, [[1.0], [1.0, 2.0]], "x is no array"),
        (LINE, [1j, 2, 3], "x has dtype complex128"),
        (LINE, [True, False, True], "x has dtype bool"),
        (TABLE, np.zeros((2, 2)), "x has dtype float64, expected int64"),
        (TABLE, np.zeros((2, 3), int), "x has shape (2, 3), expected (2, 2)"),
        (TABLE, np.full((2, 2), 2**63, np.uint64), "which is no int64"),
        (Permutation("x", "items"), [0, 1], "x has shape (2,), expected (3,)"),
        (Subset("x", "items"), [0, 1, 2, 0], "expected at most 3 indices"),
        (Subset("x", "items"), [[0]], "expected at most 3 indices"),
        (Ragged("x", "int64", "rows", "total"), [[1]], "x has 1 rows, expected 2"),
        (Ragged("x", "int64", "rows", "total"), [[1] * 30, [1] * 30], "60 values together"),
        (Ragged("x", "int64", "rows", "total"), [[[1]], [2]], "not one-dimensional"),
        (Ragged("x", "int64", "rows", "total"), 5, "x is int, expected a list"),
        (Text("x", "rows", "total"), ["a", 1], "x is not a list of 2 texts"),
        (Text("x", "rows", "total"), ["a", "\ud800"], "x is not valid UTF-8"),
        (Record("x", (Scalar("y", "int64"),)), 5, "x is not a mapping"),
        (Record("x", (Scalar("y", "int64"),)), {"z": 5}, "'y' is missing"),
        (Record("x", (Scalar("y", "int64"),)), {"y": 5, "z": 5}, "exactly the fields"),
    ],
)
def test_an_answer_of_the_wrong_kind_says_what_was_expected(field, value, expected):
    layout = layout_of(Signature("f", (), (), (field,), MAXIMA))
    with pytest.raises(WireError) as refusal:
        layout.encode_answer({"x": value}, {"rows": 2, "items": 3})
    assert expected in str(refusal.value)


def test_sizes_beyond_their_maximum_are_our_fault():
    layout = layout_of(Signature("f", (), (LINE,), ANSWER, MAXIMA))
    with pytest.raises(WireError, match="items is 7, its declared maximum is 6"):
        layout.observation.encode({"x": np.zeros(7)}, layout.start_sizes())


def test_arrays_that_disagree_on_a_symbol_are_refused():
    both = Record("r", (LINE, Array("y", "bool", ("items",))))
    layout = layout_of(Signature("f", (), (both,), ANSWER, MAXIMA))
    values = {"r": {"x": np.zeros(2), "y": np.zeros(3, bool)}}
    with pytest.raises(WireError, match=r"y has shape \(3,\), expected \(2,\)"):
        layout.observation.encode(values, layout.start_sizes())


def test_what_a_policy_writes_stays_with_the_policy():
    layout = layout_of(Signature("f", (), (LINE, Record("r", (LINE,))), ANSWER, MAXIMA))
    values = {"x": np.arange(3.0), "r": {"x": np.arange(3.0)}}
    message = layout.observation.encode(values, layout.start_sizes())
    read = Reader(layout.observation, {"x", "r"}).read
    seen = read(message, 0, len(message), {})
    seen["x"][:] = 9.0
    seen["r"].x[:] = 9.0
    assert values["x"].tolist() == values["r"]["x"].tolist() == [0.0, 1.0, 2.0]
    again = read(message, 0, len(message), {})
    assert again["x"].tolist() == [0.0, 1.0, 2.0]


def test_a_record_keeps_what_was_written_to_it_and_names_what_it_lacks():
    layout = layout_of(Signature("f", (), (Record("r", (LINE,)),), ANSWER, MAXIMA))
    message = layout.observation.encode({"r": {"x": np.arange(3.0)}}, layout.start_sizes())
    record = Reader(layout.observation, {"r"}).read(message, 0, len(message), {})["r"]
    record.x[0] = 5.0
    record.note = "mine"
    assert (record.x[0], record.note) == (5.0, "mine")
    with pytest.raises(AttributeError, match="no field 'z'"):
        _ = record.z
