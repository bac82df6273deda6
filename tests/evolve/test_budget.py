from evolve.budget import Budget


def test_ends_when_every_evaluation_is_reserved():
    budget = Budget(2, None, lambda: 0.0)
    assert budget.ended() is None
    budget.reserve()
    budget.reserve()
    assert budget.ended() == "evaluations"


def test_seconds_count_from_the_start():
    now = [10.0]
    budget = Budget(5, 3.0, lambda: now[0])
    now[0] = 12.9
    assert budget.ended() is None
    now[0] = 13.0
    assert budget.ended() == "seconds"
    assert budget.elapsed_s == 3.0
