"""What is drawn for names depends on them alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluators.seeding import seeded

NAMES = st.lists(st.text("abcxyz-019", min_size=1), min_size=1, max_size=4)


@given(NAMES)
def test_the_same_names_draw_the_same_and_an_empty_one_is_none(names):
    drawn = seeded(*names).integers(2**63, size=4)
    assert np.array_equal(drawn, seeded(*names).integers(2**63, size=4))
    assert np.array_equal(drawn, seeded(*names, "").integers(2**63, size=4))


@given(NAMES, NAMES)
def test_other_names_draw_otherwise(one, other):
    drawn, others = (seeded(*names).integers(2**63, size=4) for names in (one, other))
    assert np.array_equal(drawn, others) == (one == other)


def test_a_stream_stays_what_it_is():
    """Every drawn workload hangs on it."""
    assert seeded("problem", "search-0", "salt").integers(1000, size=4).tolist() == [
        976,
        210,
        840,
        870,
    ]
