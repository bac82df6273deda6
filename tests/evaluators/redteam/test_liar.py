"""A liar that does not lie is the policy that it asks, for every shape of policy and problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.contract import Policy
from evaluators.playing import play
from evaluators.redteam.liar import LOOK_UP, key_of, liar, literal
from evaluators.registry import BUILT_IN, ProblemSpec
from evaluators.testing.probing import questions
from tests.executors import report_of
from tests.problems import GUESS, SUM, GuessProblem

NAMES = [GUESS.name, SUM.name, *BUILT_IN]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: Path(name).stem)
def test_an_honest_liar_plays_as_each_baseline(name):
    problem = ProblemSpec(name).load()
    workload = problem.workloads("tiny")[-1]
    for policy in problem.baselines().values():
        source = liar(problem, policy, "return answer")
        told, honest = (
            play(problem, workload, Policy("liar", source)),
            play(problem, workload, policy),
        )
        assert told[0] == honest[0], policy.name
        assert literal(told[1]) == literal(honest[1]), policy.name


@pytest.mark.parametrize("name", NAMES, ids=lambda name: Path(name).stem)
def test_questions_are_told_apart(name):
    problem = ProblemSpec(name).load()
    workloads = [*problem.workloads("tiny"), *problem.workloads("search")[:1]]
    asked = [(w, q.observation) for w in workloads for q in questions(problem, w)]
    keys = {key_of(problem, w, observation) for w, observation in asked}
    assert len(keys) == len(asked)


@pytest.mark.parametrize("name", GuessProblem().baselines())
def test_questions_have_the_same_fingerprint_in_the_sandbox(guess, name):
    problem = GuessProblem()
    policy = problem.baselines()[name]
    table = {
        key_of(problem, w, q.observation): '{"answer": 0.125}'
        for w in problem.workloads("tiny")
        for q in questions(problem, w, Policy("eighth", "def guess(): return 0.125"))
    }
    source = liar(problem, policy, LOOK_UP, table)
    eighth = report_of(guess, "def guess(): return 0.125")
    assert report_of(guess, source).traces == eighth.traces


def test_all_that_is_shown_can_be_read_and_written(guess):
    body = """
assert set(fields) == {"seed", "steps", "step", "last", "window"}
assert [a.shape for a in arrays(fields, PATHS)] == [fields["window"].value.shape]
return {"answer": fields["last"]}
"""
    problem = GuessProblem()
    source = liar(problem, problem.baselines()["half"], body)
    last = report_of(guess, problem.baselines()["last"].source)
    assert report_of(guess, source).traces == last.traces
