"""Control arms differ from the search in what they are shown, and in nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import evolve
from archive.constraint import parse_constraint
from archive.entry import Entry, Proposal
from archive.library import dump
from archive.store.places import store_at
from evaluators.contract import Score
from evaluators.errors import UsageError
from evolve.arms import controlled
from evolve.proposers.proposer import Context
from evolve.replaying import replay
from evolve.runs import open_run
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import GUESS, PlantedProblem
from tests.problems.planted import Parameters

PROBLEM = GUESS.load()
SEEDS = len(PROBLEM.baselines())
EXACT = [o for o in PROBLEM.objectives if o.kind == "exact"]
EVALUATIONS = 30


class Shown(Scaler):
    """Keeps every context that it is asked with."""

    def __init__(self):
        super().__init__()
        self.contexts = []

    def ask(self, context):
        self.contexts.append(dataclasses.replace(context, committed=list(context.committed)))
        return super().ask(context)


def settings_in(archive, arm, evaluations=EVALUATIONS):
    return Settings(
        GUESS, evaluations=evaluations, seed=3, exact=True, archive=str(archive), name="r", arm=arm
    )


def searched(archive, arm, proposer=None):
    executor = DelayedExecutor(PROBLEM, 3, shuffled_delays(0))
    return evolve.run(settings_in(archive, arm), proposer=proposer, executor=executor)


def test_independent_sampling_is_shown_seeds_alone(tmp_path):
    inner = Shown()
    found = searched(tmp_path, "full", controlled("independent", inner, PROBLEM, EXACT))
    contexts = inner.contexts
    assert inner.told  # what came of it is told, whoever was shown what
    assert len(contexts) > SEEDS
    for context in contexts:
        shown = [*context.parents, *context.front, *context.committed]
        assert all(e.number <= SEEDS for e in shown)
        assert len(context.committed) == SEEDS
    assert len({c.parents[0].number for c in contexts}) > 1
    assert len(found.entries()) == EVALUATIONS


def entry(number, error, movement, decision="dominated"):
    proposal = Proposal(number, f"# {number}", str(number), str(number), (), "x", "")
    values = {"search": {"error": error, "movement": movement}} if error else {}
    return Entry(number, proposal, Score({}), decision, values)


def test_greedy_goes_on_from_the_best_so_far():
    inner = Shown()
    arm = controlled("greedy", inner, PROBLEM, EXACT)
    tried = [
        entry(1, 0.5, 0.5), entry(2, 0.4, 0.5), entry(3, 0.5, 0.4),  # as good as the second
        entry(4, 0.3, 0.3), entry(5, 0.0, 0.0, "failed"), entry(6, 0.9, 0.1), entry(7, 0.1, 0.3),
    ]  # fmt: skip
    for count in range(1, len(tried) + 1):
        known = tried[:count]
        arm.ask(Context(9, PROBLEM.signature, EXACT, known[-1:], known, stream_of, known))
    assert [c.parents[0].number for c in inner.contexts] == [1, 2, 2, 4, 4, 4, 7]
    assert all(c.front == c.parents for c in inner.contexts)


def stream_of(name):
    return np.random.default_rng(0)


@pytest.mark.parametrize("arm", ["independent", "greedy"])
def test_an_arm_is_resumed_and_replayed_like_any_run(tmp_path, arm):
    whole = searched(tmp_path / "whole", arm)
    assert {e.proposal.proposer.partition("/")[0] for e in whole.entries()} == {"seed", "syntax"}

    half = settings_in(tmp_path / "half", arm, EVALUATIONS // 2)
    evolve.run(half, executor=DelayedExecutor(PROBLEM, 2, shuffled_delays(1)))
    executor = DelayedExecutor(PROBLEM, 1, shuffled_delays(2))
    evolve.resume(str(tmp_path / "half"), "r", EVALUATIONS - EVALUATIONS // 2, executor=executor)
    assert dumped(tmp_path / "half") == dumped(tmp_path / "whole")
    assert replay(str(tmp_path / "half"), "r").difference == ""
    assert open_run(str(tmp_path / "half"), "r").settings.evaluations == EVALUATIONS


def dumped(archive):
    with store_at(str(archive)).open("r") as journal:
        return dump(journal, PROBLEM)


def test_settings_know_the_arms():
    with pytest.raises(UsageError, match="no arm is called 'greedi'") as fault:
        Settings(GUESS, arm="greedi")
    assert "greedy" in fault.value.hint
    with pytest.raises(UsageError, match="asks nobody"):
        Settings(GUESS, arm="embedded", model=ModelSettings(names=("openai/x",)))


def test_greedy_goes_by_what_is_required_first():
    inner = Shown()
    arm = controlled("greedy", inner, PROBLEM, EXACT)
    required = (parse_constraint("movement<=0.2", PROBLEM.objectives),)
    tried = [entry(1, 0.2, 0.5), entry(2, 0.9, 0.3), entry(3, 0.8, 0.1), entry(4, 0.1, 0.4)]
    for count in range(1, len(tried) + 1):
        known = tried[:count]
        shown = Context(9, PROBLEM.signature, EXACT, known[-1:], known, stream_of, known)
        arm.ask(dataclasses.replace(shown, constraints=required))
    assert [c.parents[0].number for c in inner.contexts] == [1, 2, 3, 3]


def test_greedy_goes_by_no_clock():
    """Arms are judged without it; the second policy is faster, and no better."""
    inner, problem = Shown(), PlantedProblem(Parameters(timed=True))
    arm = controlled("greedy", inner, problem, problem.objectives)
    known = [
        dataclasses.replace(entry(number, 0, 0), values={"search": values})
        for number, values in (
            (1, {"cost": 0.4, "delay": 0.5, "cpu": 5.0}),
            (2, {"cost": 0.5, "delay": 0.5, "cpu": 0.01}),
        )
    ]
    arm.ask(Context(9, problem.signature, problem.objectives, known, known, stream_of, known))
    assert [e.number for e in inner.contexts[0].parents] == [1]
