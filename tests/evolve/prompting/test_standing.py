import pytest

from evaluators.contract import Failure, Score
from evolve.prompting.standing import Loss, losses, published_rows
from tests.evolve.prompting.situations import PROBLEMS, entry, seeds_of, task_of


@pytest.fixture(scope="module")
def problem():
    return PROBLEMS["guess"].load()


def score(problem, error: list[float], movement: float = 0.0) -> Score:
    ids = [w.id for w in problem.workloads("search")]
    values = {
        "error": dict(zip(ids, error, strict=True)),
        "movement": dict.fromkeys(ids, movement),
        "cpu": dict.fromkeys(ids, 1.0),
    }
    return Score(values, {}, {ids[0]: {"steps": 20.0}})


def test_the_workload_with_the_widest_gap_comes_first(problem):
    parent = entry(problem, 1, "a", score(problem, [0.1, 0.9, 0.5, 0.0]))
    found = losses(task_of(problem), parent, ())
    assert [each.workload for each in found] == ["search-1", "search-2", "search-0"]
    assert [each.gap for each in found] == pytest.approx([0.9, 0.5, 0.1])
    assert found[2].breakdown == (("steps", 20.0),)
    assert found[0].family == "jumpy"


def test_a_measured_objective_is_no_loss(problem):
    parent = entry(problem, 1, "a", score(problem, [0.1, 0.9, 0.5, 0.0]))
    named = {s.objective for each in losses(task_of(problem), parent, ()) for s in each.standings}
    assert named == {"error", "movement"}


def by_name(found: Loss) -> str:
    return found.workload


def test_only_what_is_better_is_named(problem):
    parent = entry(problem, 1, "a", score(problem, [0.4, 0.4, 0.4, 0.4]))
    better = entry(problem, 2, "b", score(problem, [0.3, 0.5, 0.2, 0.4]), "seed/better")
    best = entry(problem, 3, "c", score(problem, [0.2, 0.5, 0.3, 0.4]), "seed/best")
    failing = entry(problem, 4, "d", Failure("crash", "at once"), "seed/failing")
    found = losses(task_of(problem), parent, (better, best, failing))
    named = {each.workload: each.standings[0].best for each in sorted(found, key=by_name)}
    assert named == dict(zip(named, [("best", 0.2), None, ("better", 0.2), None], strict=True))
    assert {each.standings[0].limit for each in found} == {0.0}
    assert {each.standings[1].limit for each in found} == {None}  # reached


def test_a_program_that_was_not_scored_loses_nowhere(problem):
    parent = entry(problem, 1, "a", Failure("crash", "at once"))
    assert losses(task_of(problem), parent, seeds_of(problem)) == []


def test_workloads_that_failed_are_left_to_the_failures(problem):
    played = score(problem, [0.1, 0.9, 0.5, 0.2])
    failed = Score(played.values, {"search-1": Failure("time", "slow")})
    found = losses(task_of(problem), entry(problem, 1, "a", failed), ())
    assert [each.workload for each in found] == ["search-2", "search-3", "search-0"]


def test_baselines_that_are_shown_have_no_second_row(problem):
    seeds = seeds_of(problem)
    rows = published_rows(task_of(problem), seeds[:1], seeds)
    assert [row.name for row in rows] == ["last", "smooth", "window_mean"]
