"""Trusted policies of every form play; recorded actions replay to the same measurements."""

from __future__ import annotations

import pytest

from evaluators.contract import Measurements, Policy, Workload
from evaluators.errors import InvalidAction
from evaluators.playing import answering, drive, named, play, replay
from evaluators.signature import Record, Scalar, Signature

RISING = Workload("rising", "f", "rising", {})


class Adding:
    """Three questions; the score is the sum of the answers."""

    prelude = "OFFSET = 100\ndef double(x):\n    return 2 * x\n"
    signature = Signature(
        "add",
        given=(Scalar("base", "int64"),),
        observation=(Scalar("x", "int64"), Record("job", (Scalar("size", "int64"),))),
        action=(Scalar("answer", "int64", low=0),),
    )
    questions = 3

    def given(self, workload):
        return {"base": 10}

    def episode(self, workload):
        total = 0
        for x in range(self.questions):
            action = yield {"x": x, "job": {"size": 5}}
            total += action["answer"]
        return Measurements({"total": float(total)})


class AddingTwo(Adding):
    signature = Signature(
        "add", (), Adding.signature.observation, (Scalar("answer", "int64"), Scalar("on", "bool"))
    )


class Silent(Adding):
    questions = 0


def total(source, problem=Adding, **options):
    measured, _ = play(problem(), RISING, Policy("p", source), **options)
    return measured.values["total"]


COUNTING = """
class Counting:
    n = 0

    def add(self):
        self.n += 1
        return self.n
"""
BASE = """
class Base:
    def __init__(self, base):
        self.base = base

    def add(self):
        return self.base
"""
SEEDED = """
class Seeded:
    def __init__(self, seed):
        self.seed = seed

    def add(self):
        return self.seed
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def add(x): return x", 3),
        ("def add(): return 1", 3),
        ("def add(job, base): return job.size + base", 45),
        ("def add(**fields): return fields['x'] + fields['base']", 33),
        ("def add(x): return double(x) + OFFSET", 306),
        ("def add(x): return {'answer': x}", 3),
        ("def add(seed): return seed", 21),
        ("class P:\n    def add(self, x): return x", 3),
        (BASE, 30),
        (COUNTING, 6),
        (SEEDED, 21),
    ],
)
def test_policies_of_every_form(source, expected):
    assert total(source, seed=7) == expected


def test_an_object_lives_for_one_episode():
    assert total(COUNTING) == total(COUNTING) == 6


def test_several_fields_are_answered_by_name():
    assert total("def add(x): return {'answer': x, 'on': True}", AddingTwo) == 3
    with pytest.raises(InvalidAction, match="not a mapping"):
        total("def add(x): return x", AddingTwo)


def test_an_answer_that_breaks_the_signature_is_refused():
    with pytest.raises(InvalidAction, match="answer has -1, expected at least 0"):
        total("def add(x): return x - 1")


def test_an_episode_without_questions_ends_at_once():
    assert play(Silent(), RISING, Policy("p", "def add(x): return x")) == (
        Measurements({"total": 0.0}),
        [],
    )


def test_recorded_actions_replay_to_the_same_measurements():
    measured, actions = play(Adding(), RISING, Policy("p", "def add(x): return x * x"))
    assert actions == [{"answer": 0}, {"answer": 1}, {"answer": 4}]
    assert replay(Adding(), RISING, actions) == measured


@pytest.mark.parametrize(
    ("count", "message"), [(2, "more than the 2 recorded"), (4, "left 1 of 4 recorded")]
)
def test_too_few_or_too_many_recorded_actions_are_an_error(count, message):
    with pytest.raises(ValueError, match=message):
        replay(Adding(), RISING, [{"answer": 1}] * count)


def test_a_policy_that_stops_iteration_does_not_end_the_episode():
    def stops(observation):
        return next(iter(()))

    with pytest.raises(StopIteration):
        drive(Adding(), RISING, stops)


def test_answering_is_the_policy_in_one_episode():
    answer = answering(Adding(), RISING, Policy("p", "def add(x, base): return x + base"))
    assert answer({"x": 4, "job": {"size": 1}}) == {"answer": 14}


def test_a_bare_answer_is_named_when_there_is_one_field():
    assert named(Adding.signature, 3) == {"answer": 3}
    assert named(Adding.signature, {"answer": 3}) == {"answer": 3}
