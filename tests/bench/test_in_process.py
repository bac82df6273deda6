"""What is played in this process scores as it does anywhere."""

from evaluators.execution.executor import Job
from evaluators.playing import play
from tests.bench.in_process import InProcessExecutor
from tests.problems import GUESS

PROBLEM = GUESS.load()


def played(source: str):
    return InProcessExecutor(PROBLEM, episode_s=0.05).submit(Job(source, "search")).result().outcome


def test_a_baseline_scores_as_it_does_when_played():
    policy = PROBLEM.baselines()["smooth"]
    score = played(policy.source)
    for workload in PROBLEM.workloads("search"):
        expected = play(PROBLEM, workload, policy)[0].values
        assert {name: score.values[name][workload.id] for name in expected} == expected
    assert not score.failures


def test_what_fails_is_charged_the_worst():
    score = played("def guess(last):\n    return 1 / (last - last)")
    assert {f.kind for f in score.failures.values()} == {"crash"}
    assert set(score.values["error"].values()) == {1.0}


def test_an_answer_that_breaks_a_rule_is_an_invalid_action():
    assert {f.kind for f in played("def guess():\n    return 2.0").failures.values()} == {
        "invalid action"
    }


def test_an_endless_loop_ends():
    score = played("def guess():\n    while True:\n        pass")
    assert {f.kind for f in score.failures.values()} == {"time"}
    assert len(score.failures) == len(PROBLEM.workloads("search"))
