import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from evolve.prompting.inspiration import choose_inspirations
from tests.evolve.proposers.policies import OBJECTIVES, entry

SHARE = st.integers(0, 4).map(float)


def at(number: int, error: float, speed: float, body: int | None = None):
    source = f"def decide():\n    return {number if body is None else body}\n"
    return entry(number, source, {"error": error, "speed": speed})


def test_the_farthest_come_first():
    parent, near, far, middle = at(1, 0, 0), at(2, 1, 0), at(3, 9, 9), at(4, 9, 0)
    chosen = choose_inspirations([parent], [near, far, middle, parent], OBJECTIVES, 2)
    assert [e.number for e in chosen] == [3, 4]


def test_distance_is_in_shares_of_the_range():
    parent, by_speed, by_error = at(1, 0, 0), at(2, 0, 1000), at(3, 1, 500)
    chosen = choose_inspirations([parent], [by_speed, by_error], OBJECTIVES, 1)
    assert [e.number for e in chosen] == [3]


def test_no_program_comes_twice_in_other_words():
    parent = at(1, 0, 0)
    pool = [at(2, 5, 5, body=1), at(3, 5, 6, body=7), at(4, 6, 6, body=7)]
    assert [e.number for e in choose_inspirations([parent], pool, OBJECTIVES, 3)] == [4]


def test_what_failed_inspires_nobody():
    failed = dataclasses.replace(at(2, 5, 5), decision="failed", values={})
    assert choose_inspirations([at(1, 0, 0)], [failed], OBJECTIVES, 3) == []
    assert choose_inspirations([failed], [at(3, 0, 0)], OBJECTIVES, 3) != []


@given(
    st.lists(st.tuples(SHARE, SHARE, st.integers(0, 5)), min_size=1, max_size=12), st.integers(0, 5)
)
def test_the_chosen_differ_from_each_other_and_the_parent(points, count):
    parent, *pool = [at(i, *point) for i, point in enumerate(points, 1)]
    chosen = choose_inspirations([parent], pool, OBJECTIVES, count)
    digests = [e.proposal.normal_digest for e in (parent, *chosen)]
    assert len(set(digests)) == len(digests)
    new = {e.proposal.normal_digest for e in pool} - {parent.proposal.normal_digest}
    assert len(chosen) == min(count, len(new))
    assert chosen == choose_inspirations([parent], pool, OBJECTIVES, count)
