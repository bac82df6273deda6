import numpy as np

from archive.entry import Entry
from evolve.selection.islands import Islands
from tests.evolve.selection.entries import entry, make_front

SEEDS = [entry(1, 0.1, 0.1), entry(2, 0.2, 0.3)]


def islands(migrate_every: int = 10**6) -> Islands:
    made = Islands(
        make_front, lambda front: max(front, key=lambda e: e.values["search"]["gain"]),
        count=3, migrate_every=migrate_every,
    )  # fmt: skip
    for seed in SEEDS:
        made.tell(seed)
    return made


def parents_of(selection: Islands, number: int, valid: list[Entry]) -> set[int]:
    """Everybody who may be a parent of that proposal."""
    rng = np.random.default_rng(number)
    return {
        e.number for _ in range(300) for e in selection.choose(number, valid[:1], valid, rng)
    }  # fmt: skip


def test_seed_policies_live_everywhere_and_children_on_the_island_that_asked():
    selection, child = islands(), entry(3, 0.5, 0.5, 1)
    selection.tell(child)
    valid = [*SEEDS, child]
    assert parents_of(selection, 6, valid) == {1, 2, 3}  # 6 and 3 are of one island
    assert parents_of(selection, 7, valid) == {1, 2}
    assert parents_of(selection, 8, valid) == {1, 2}


def test_a_child_lives_where_its_parent_does_whoever_asked():
    selection, child, grandchild = islands(), entry(3, 0.5, 0.5, 1), entry(4, 0.6, 0.6, 3)
    for one in (child, grandchild):
        selection.tell(one)
    assert parents_of(selection, 6, [*SEEDS, child, grandchild]) == {1, 2, 3, 4}
    assert parents_of(selection, 7, [*SEEDS, child, grandchild]) == {1, 2}


def test_the_best_of_an_island_migrates_to_the_next_one_alone():
    selection, good, better = islands(4), entry(3, 0.5, 0.5, 1), entry(6, 0.6, 0.5, 1)
    for one in (good, better):
        selection.tell(one)  # the fourth that is told
    valid = [*SEEDS, good, better]
    assert parents_of(selection, 7, valid) == {1, 2, 6}
    assert parents_of(selection, 8, valid) == {1, 2}


def test_what_failed_is_no_parent():
    selection = islands()
    selection.tell(entry(3, 0.0, 0.0, 1, failed=True))
    assert parents_of(selection, 6, SEEDS) == {1, 2}


def test_before_anything_is_valid_what_is_there_is_a_parent():
    selection = Islands(make_front, lambda front: front[0])
    failed = [entry(1, 0.0, 0.0, failed=True)]
    selection.tell(failed[0])
    rng = np.random.default_rng(0)
    assert selection.choose(2, [], failed, rng) == failed
