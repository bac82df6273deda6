import pytest

from evaluators.signature import (
    Array,
    Category,
    Permutation,
    Ragged,
    Record,
    Scalar,
    Subset,
    Text,
    leaves,
)
from evolve.prompting.interface import interface, kind_of
from evolve.prompting.template import template
from tests.evolve.prompting.situations import PROBLEMS


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (Scalar("x", "int64"), "int"),
        (Scalar("x", "float64", "s", low=0.5), "float >= 0.5, s"),
        (Scalar("x", "int64", high=1_000_000), "int <= 1000000"),
        (Scalar("x", "float64", low=0, high=1e-9), "float, 0 to 1e-09"),
        (Scalar("x", "int64", index_of="experts"), "int, 0 <= x < experts"),
        (Array("x", "float64", ("a", 20), "tokens", low=0), "float64[a, 20] >= 0, tokens"),
        (Category("x", ("up", "down")), "str, one of 'up', 'down'"),
        (Ragged("x", "int64", "a", 40), "list of a arrays int64, at most 40 values in all"),
        (Text("x", "a", 99), "list of a str, at most 99 bytes of UTF-8 in all"),
        (Permutation("x", "a"), "int64[a], each of 0 to a - 1 once"),
        (Subset("x", "a"), "int64 array, some of 0 to a - 1, none twice"),
        (Record("x", (Scalar("y", "bool"),)), "a record"),
    ],
)
def test_a_field_is_described_with_type_range_and_unit(field, kind: str):
    assert kind_of(field) == kind


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_field_unit_and_doc_is_told(name: str):
    signature = PROBLEMS[name].load().signature
    [text] = template("sections/interface").render(interface(signature))
    for f in leaves((*signature.inputs(), *signature.action)):
        assert f"`{f.name}`: {kind_of(f)}" in text
        assert f.doc in text
    assert ("mapping" in text) == (len(signature.action) > 1)
