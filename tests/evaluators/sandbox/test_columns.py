"""Columns that are not as declared are converted as each would be by itself, or refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.sandbox.columns import ColumnsPacker, FieldPacker, packers
from evaluators.sandbox.leaf import DenseCodec, VectorCodec, WireError
from evaluators.sandbox.wire import SignatureLayout
from evaluators.signature import Array, Record, Scalar, Signature, describe

MOST = {"n": 6, "m": 6}
AGES = np.array([3, 1, 2], np.int64)
WAITS = np.array([0.5, -0.0, np.inf])


def age(name="age", dim="n"):
    return VectorCodec(name, "int64", dim, MOST)


def wait(name="wait_s", dim="n"):
    return VectorCodec(name, "float64", dim, MOST)


def packed(age_column, wait_column, sizes=None):
    columns = ColumnsPacker([age(), wait()])
    content = {"age": age_column, "wait_s": wait_column}
    return columns.pack(content, {} if sizes is None else sizes)


def with_gaps(array):
    wide = np.full((len(array), 3), 9, array.dtype)
    wide[:, 1] = array
    return wide[:, 1]


def backwards(array):
    return array[::-1].copy()[::-1]


FORMS = {
    "as declared": lambda a: a,
    "gaps": with_gaps,
    "a negative stride": backwards,
    "a list": list,
    "a tuple": tuple,
    "swapped bytes": lambda a: a.astype(a.dtype.newbyteorder()),
    "read only": lambda a: np.frombuffer(a.tobytes(), a.dtype),
    "a subclass": lambda a: a.view(np.recarray),
}


@pytest.mark.parametrize("of_age", FORMS)
@pytest.mark.parametrize("of_wait", FORMS)
def test_columns_of_any_form_are_packed_as_declared(of_age, of_wait):
    sizes = {}
    data, lengths = packed(FORMS[of_age](AGES), FORMS[of_wait](WAITS), sizes)
    assert data == AGES.tobytes() + WAITS.tobytes()
    assert list(lengths) == [24, 24]
    assert sizes == {"n": 3}


@pytest.mark.parametrize(
    ("ages", "waits"),
    [
        (AGES.astype(np.int16), WAITS.astype(np.float32)),
        (AGES.astype(np.uint64), WAITS),
        (AGES, np.array([3, 1, 2])),  # integers where floats are declared
        (AGES, np.array([3, 1, 2], np.float16)),
    ],
)
def test_narrower_numbers_are_widened(ages, waits):
    data, _ = packed(ages, waits)
    assert data == ages.astype(np.int64).tobytes() + waits.astype(np.float64).tobytes()


def test_empty_columns_are_packed_whatever_they_are_made_of():
    assert packed([], np.array([], np.float32)) == (b"", [0, 0])


@pytest.mark.parametrize(
    ("ages", "waits", "message"),
    [
        (AGES.astype(np.float64), WAITS, "^age has dtype float64, expected int64$"),
        (AGES > 1, WAITS, "^age has dtype bool, expected int64$"),
        (AGES, WAITS.astype(complex), "^wait_s has dtype complex128, expected float64$"),
        (AGES, np.array(["a", "b", "c"]), "^wait_s has dtype <U1, expected float64$"),
        (AGES, np.array([None] * 3), "^wait_s has dtype object, expected float64$"),
        (np.full(3, 2**63, np.uint64), WAITS, "^age has 9223372036854775808, which is no int64$"),
        (None, WAITS, "^age is NoneType, expected an array of int64$"),
        (AGES, None, "^wait_s is NoneType, expected an array of float64$"),
        (AGES, "123", "^wait_s is str, expected an array of float64$"),
        (AGES, [[1.0], [1.0, 2.0]], "^wait_s is no array of float64: "),
        (AGES, WAITS[:2], r"^wait_s has shape \(2,\), expected \(3,\)$"),
        (AGES[:2], WAITS, r"^wait_s has shape \(3,\), expected \(2,\)$"),
        (AGES[:, None], WAITS, r"^age has shape \(3, 1\), expected \('n',\)$"),
        (AGES[:, None], WAITS[:, None], r"^age has shape \(3, 1\), expected \('n',\)$"),
        (np.int64(3), np.float64(3), r"^age has shape \(\), expected \('n',\)$"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(ages, waits, message):
    with pytest.raises(WireError, match=message):
        packed(ages, waits)


def test_columns_of_another_length_than_the_bound_size_are_refused():
    with pytest.raises(WireError, match=r"^age has shape \(3,\), expected \(4,\)$"):
        packed(AGES, WAITS, {"n": 4})


@pytest.mark.parametrize("form", [np.asarray, with_gaps, list])
def test_columns_beyond_the_declared_maximum_are_refused(form):
    columns = (Array("age", "int64", ("n",)), Array("wait_s", "float64", ("n",)))
    told = (Record("jobs", columns),)
    answer = (Scalar("answer", "float64"),)
    layout = SignatureLayout(describe(Signature("f", (), told, answer, {"n": 6})))
    jobs = {"age": form(np.arange(7)), "wait_s": form(np.arange(7.0))}
    with pytest.raises(WireError, match="n is 7, its declared maximum is 6"):
        layout.observation.encode({"jobs": jobs}, layout.start_sizes())


def test_a_missing_column_is_a_key_error():
    with pytest.raises(KeyError, match="wait_s"):
        ColumnsPacker([age(), wait()]).pack({"age": AGES}, {})


@given(
    st.integers(0, 6),
    st.lists(st.sampled_from(["as declared", "gaps", "a list", "float32"]), min_size=2, max_size=5),
)
def test_columns_are_packed_as_their_fields_are_one_by_one(size, forms):
    codecs = [wait(f"x{i}") for i in range(len(forms))]
    made = {**FORMS, "float32": lambda a: a.astype(np.float32)}
    values = np.arange(float(size))
    content = {c.name: made[form](values) for c, form in zip(codecs, forms, strict=True)}
    data, lengths = ColumnsPacker(codecs).pack(content, {})
    alone = [FieldPacker(codec).pack(content, {}) for codec in codecs]
    assert data == b"".join(data for data, _ in alone)
    assert list(lengths) == [length for _, (length,) in alone]


def test_only_neighbours_over_one_dimension_are_packed_together():
    flags = VectorCodec("flag", "bool", "n", MOST)
    matrix = DenseCodec("load", "float64", ("n", "m"), MOST)
    run = [age(), wait(), flags, wait("y"), matrix, age("z", "m"), wait("w", "m")]
    kinds = [type(packer) for packer in packers(run)]
    assert kinds == [ColumnsPacker, FieldPacker, FieldPacker, FieldPacker, ColumnsPacker]
