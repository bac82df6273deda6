"""Looks at what a problem asks: its questions one by one, and what a constant answer earns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evaluators.checking import Symbols, bind, check_action
from evaluators.contract import Action, Observation, Policy, Problem, Workload
from evaluators.errors import InvalidAction
from evaluators.playing import answering, drive
from evaluators.scoring import aggregate, worst_values
from evaluators.signature import Field, Record, Signature, Text, Values


@dataclass(frozen=True, slots=True)
class Question:
    """One decision of an episode. The observation is valid until the next question is taken."""

    observation: Observation
    symbols: Symbols
    answer: Action


def questions(
    problem: Problem, workload: Workload, policy: Policy | None = None
) -> Iterator[Question]:
    """What the problem asks while a policy of ours plays; by default its first baseline."""
    policy = policy or next(iter(problem.baselines().values()))
    answer, symbols_of = answering(problem, workload, policy), binder(problem, workload)
    episode = problem.episode(workload)
    try:
        observation = next(episode)
        while True:
            question = Question(observation, symbols_of(observation), answer(observation))
            yield question
            observation = episode.send(question.answer)
    except StopIteration:
        return


def binder(problem: Problem, workload: Workload) -> Callable[[Values], Symbols]:
    """A function from an observation of this workload to the sizes it binds."""
    given: Symbols = {}
    bind(problem.signature.given, {**problem.given(workload), "seed": 0}, given)

    def bound(observation: Values) -> Symbols:
        symbols = dict(given)
        bind(problem.signature.observation, observation, symbols)
        return symbols

    return bound


def check_conforms(
    signature: Signature, fields: tuple[Field, ...], values: Values, symbols: Symbols
) -> None:
    """Hold what a problem says against its declaration.

    Raises:
        AssertionError: a field is missing or unknown, or has another dtype, shape or range, or a
            size above its symbol's maximum.
    """
    bound = dict(symbols)
    try:
        bind(fields, values, bound)
        check_action(replace(signature, action=fields), values, bound)
    except (InvalidAction, KeyError, ValueError) as error:
        raise AssertionError(f"the problem breaks its own signature: {error!r}") from error
    for symbol, size in bound.items():
        most = signature.maxima.get(symbol, size)
        assert size <= most, f"{symbol} is {size}, its declared maximum is {most}"
    for f in fields:
        _check_dtypes(f, values[f.name])


def _check_dtypes(f: Field, value: Any) -> None:
    """Arrays come in their declared dtype: the policy must not meet an int where floats are due."""
    if isinstance(f, Record):
        for x in f.fields:
            _check_dtypes(x, value[x.name])
        return
    declared = getattr(f, "dtype", "int64")  # permutations and subsets are int64
    arrays = value if isinstance(value, list) and not isinstance(f, Text) else [value]
    for array in arrays:
        if isinstance(array, np.ndarray):
            assert array.dtype == declared, f"{f.name} is {array.dtype}, declared {declared}"


def constant_scores(problem: Problem, policy: Policy) -> dict[str, float] | None:
    """Aggregates on search of a policy that repeats its first answer wherever the sizes allow.

    Workloads of equal sizes get the same answer; a workload on which the answer becomes invalid is
    failed. None when nothing was ever repeated: a one-shot problem whose sizes all differ.
    """
    constant = _Constant(problem, policy)
    workloads = problem.workloads("search")
    values = {w.id: constant.play(w) for w in workloads}
    if constant.answers <= len(constant.known):
        return None
    return {
        o.name: aggregate(o, workloads, {k: v[o.name] for k, v in values.items()})
        for o in problem.objectives
        if o.kind == "exact"
    }


class _Constant:
    """A policy that answers every question with the first answer that it ever gave."""

    def __init__(self, problem: Problem, policy: Policy) -> None:
        self.problem, self.policy = problem, policy
        self.known: list[Action] = []
        self.answers = 0

    def play(self, workload: Workload) -> dict[str, float]:
        """The exact objectives' values, worst when the answer does not fit to the end."""
        symbols_of = binder(self.problem, workload)
        chosen: list[Action] = []

        def answer(observation: Values) -> Action:
            self.answers += 1
            symbols = symbols_of(observation)
            if not chosen:
                chosen.append(self._first(workload, observation, symbols))
            return check_action(self.problem.signature, chosen[0], symbols)

        try:
            return dict(drive(self.problem, workload, answer)[0].values)
        except InvalidAction:
            return worst_values(self.problem)

    def _first(self, workload: Workload, observation: Values, symbols: Symbols) -> Action:
        for action in self.known:
            if self._fits(action, symbols):
                return action
        self.known.append(answering(self.problem, workload, self.policy)(observation))
        return self.known[-1]

    def _fits(self, action: Action, symbols: Symbols) -> bool:
        try:
            check_action(self.problem.signature, action, symbols)
        except InvalidAction:
            return False
        return True
