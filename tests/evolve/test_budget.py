"""The budget says what may still be spent."""

from evolve.budget import Budget


def test_no_evaluation_is_left_once_all_are_spoken_for():
    budget = Budget(2, None, lambda: 0.0)
    assert budget.allows(1)
    assert not budget.allows(2)


def test_seconds_count_from_the_start():
    now = [10.0]
    budget = Budget(5, 3.0, lambda: now[0])
    now[0] = 12.9
    assert not budget.is_overtime
    now[0] = 13.0
    assert budget.is_overtime
