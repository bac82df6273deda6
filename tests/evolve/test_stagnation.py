"""A search that stands still starts again from its front, with wider steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import evolve
from archive.library import dump
from archive.nodes import num_nodes
from archive.store.places import store_at
from evolve.proposers.embedded import EmbeddedProposer
from evolve.proposers.model import ModelProposer
from evolve.proposers.proposer import Context
from evolve.settings import ModelSettings, Settings
from evolve.stagnation import Stagnation
from evolve.state import State
from evolve.streams import stream
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.evolve.prompting.situations import entry as scored
from tests.evolve.prompting.situations import seeds_of, task_of
from tests.evolve.proposers.policies import POLICIES, context, entry
from tests.problems import GUESS

PROBLEM = GUESS.load()
A, B = "made/a", "made/b"


def after(stagnation: int, gains: Sequence[bool]) -> bool:
    found = Stagnation(stagnation)
    for gain in gains:
        found.tell(gain)
    return found.is_stuck


def test_so_many_commits_without_a_gain_are_a_standstill_and_a_gain_ends_it():
    assert not after(3, [False] * 2)
    assert after(3, [False] * 3)
    assert after(3, [False] * 5)
    assert not after(3, [*[False] * 5, True])
    assert not after(3, [False, False, True, False, False])


def test_without_a_number_nothing_is_one():
    assert not after(0, [])
    assert not after(0, [False] * 1000)


def test_only_the_front_has_children_when_the_search_stands_still():
    objectives = [o for o in PROBLEM.objectives if o.kind == "exact"]
    state = State(PROBLEM, objectives, stagnation=2)
    worse = [
        replace(scored(PROBLEM, n, f"x = {n}"), decision="dominated",
                values={"search": {"error": 0.9, "movement": 0.9}})
        for n in (2, 3)
    ]  # fmt: skip
    best = replace(worse[0], number=1, decision="front",
                   values={"search": {"error": 0.1, "movement": 0.1}})  # fmt: skip
    for one in (best, worse[0]):
        state.add(one)
    assert [e.number for e in state.parents()] == [1, 2]
    state.add(worse[1])
    assert state.is_stuck
    assert [e.number for e in state.parents()] == [1]
    assert len(state.valid()) == 3


@pytest.mark.parametrize("is_stuck", [False, True])
def test_an_edit_of_a_number_is_followed_by_others_only_then(is_stuck):
    proposer, parent = EmbeddedProposer(), entry(1, POLICIES["ordered"], {"error": 1, "speed": 1})
    drafts = [proposer.ask(replace(context(n, [parent]), is_stuck=is_stuck)) for n in range(2, 120)]
    nodes = [num_nodes(d.source) for d in drafts if d.operator == "syntax/perturb_constant"]
    assert len(nodes) > 2
    assert (max(nodes) - min(nodes) > 2) == is_stuck


def asked(names: tuple[str, ...], is_stuck: Callable[[int], bool]) -> list[tuple[str, str]]:
    """Prompt and model of a hundred proposals, none of which is any good."""
    seeds = seeds_of(PROBLEM)
    proposer = ModelProposer(task_of(PROBLEM), ModelSettings(names=names))
    found = []
    for number in range(100, 200):
        asks = Context(
            number, PROBLEM.signature, PROBLEM.objectives, seeds[:2], seeds,
            lambda name, number=number: stream(1, number, name), seeds, is_stuck(number),
        )  # fmt: skip
        request = next(proposer.ask(asks))
        found.append((request.messages[-1].content, request.model))
        proposer.tell(scored(PROBLEM, number, f"x = {number}"), 0.0)
    return found


def test_another_model_is_asked_each_time():
    models = [model for _, model in asked((A, B), lambda _: True)]
    assert all(x != y for x, y in itertools.pairwise(models))
    assert {model for _, model in asked((A,), lambda _: True)} == {A}


def test_what_is_asked_for_is_something_new():
    stuck = {text for text, _ in asked((A,), lambda _: True)}
    usual = {text for text, _ in asked((A,), lambda _: False)}
    assert len(stuck) < len(usual)  # one kind of prompt, not five
    assert stuck <= usual


def searched(archive: Path, *evaluations: int) -> bytes:
    first, *more = evaluations
    settings = Settings(
        GUESS, evaluations=first, seed=4, exact=True, lookahead=4, stagnation=3,
        archive=str(archive), name="r",
    )  # fmt: skip
    evolve.run(settings, executor=DelayedExecutor(PROBLEM, 2, shuffled_delays(1, 0.001)))
    for added in more:
        executor = DelayedExecutor(PROBLEM, 3, shuffled_delays(2, 0.001))
        evolve.resume(str(archive), "r", added, executor=executor)
    with store_at(str(archive)).open("r") as journal:
        return dump(journal, PROBLEM)


def test_a_resumed_run_knows_that_it_stands_still(tmp_path):
    assert searched(tmp_path / "resumed", 20, 20) == searched(tmp_path / "whole", 40)
