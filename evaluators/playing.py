"""Plays a problem with a trusted policy in this process: for tests, references and validation.

Candidates never come here: they run in the sandbox (`evaluators.execution`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from evaluators.checking import Symbols, bind, check_action
from evaluators.contract import Action, Measurements, Policy, Problem, Workload
from evaluators.signature import Field, Record, Signature, Values

Decide = Callable[[Values], Any]


def trusted_policy(problem: Problem, policy: Policy, given: Values) -> Decide:
    """A baseline of ours, ready for one episode: a callable from observation to answer."""
    namespace: dict[str, Any] = {"__name__": "policy"}
    exec(compile(problem.prelude, "<prelude>", "exec"), namespace)
    exec(compile(policy.source, f"<{policy.name}>", "exec"), namespace)
    entry = problem.signature.entry
    constants = as_seen(problem.signature.given, given)
    if entry in namespace:
        decide = by_name(namespace[entry])
        return lambda seen: decide({**constants, **seen})
    owner = next(v for v in namespace.values() if inspect.isclass(v) and hasattr(v, entry))
    return by_name(getattr(by_name(owner)(constants), entry))


def by_name(function: Callable[..., Any]) -> Decide:
    """Calls it with those of the given values that its parameters name."""
    wanted = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in wanted):
        return lambda values: function(**values)
    names = [p.name for p in wanted]
    return lambda values: function(**{n: values[n] for n in names if n in values})


def as_seen(fields: tuple[Field, ...], values: Values) -> dict[str, Any]:
    """The values as a policy sees them: records become attributes."""
    return {
        f.name: SimpleNamespace(**values[f.name]) if isinstance(f, Record) else values[f.name]
        for f in fields
        if f.name in values
    }


def named(signature: Signature, answer: Any) -> Mapping[str, Any]:
    """The answer by field name: a bare value when the action has one field."""
    if len(signature.action) == 1 and not isinstance(answer, Mapping):
        return {signature.action[0].name: answer}
    if isinstance(answer, Mapping):
        return answer
    return {"<not a mapping>": answer}


def answering(
    problem: Problem, workload: Workload, policy: Policy, seed: int = 0
) -> Callable[[Values], Action]:
    """The policy in one episode: from observation to checked action, or InvalidAction."""
    given = {**problem.given(workload), "seed": seed}
    symbols: Symbols = {}
    bind(problem.signature.given, given, symbols)
    decide = trusted_policy(problem, policy, given)

    def answer(observation: Values) -> Action:
        now = dict(symbols)
        bind(problem.signature.observation, observation, now)
        seen = as_seen(problem.signature.observation, observation)
        return check_action(problem.signature, named(problem.signature, decide(seen)), now)

    return answer


def play(
    problem: Problem, workload: Workload, policy: Policy, seed: int = 0
) -> tuple[Measurements, list[Action]]:
    """The measurements and the actions. Raises InvalidAction when an answer breaks a rule."""
    return drive(problem, workload, answering(problem, workload, policy, seed))


def replay(problem: Problem, workload: Workload, actions: list[Action]) -> Measurements:
    """The measurements of recorded actions.

    Raises:
        ValueError: the episode asks for more or fewer than were recorded.
    """
    remaining = list(reversed(actions))

    def answer(_: Values) -> Action:
        if not remaining:
            raise ValueError(f"the episode asks for more than the {len(actions)} recorded actions")
        return remaining.pop()

    measurements, _ = drive(problem, workload, answer)
    if remaining:
        raise ValueError(f"the episode left {len(remaining)} of {len(actions)} recorded actions")
    return measurements


def drive(
    problem: Problem, workload: Workload, answer: Callable[[Values], Action]
) -> tuple[Measurements, list[Action]]:
    """Run the generator to its end with `answer` in the policy's place."""
    episode = problem.episode(workload)
    actions: list[Action] = []
    while True:
        try:
            observation = episode.send(actions[-1]) if actions else next(episode)
        except StopIteration as end:
            measurements: Measurements = end.value
            return measurements, actions
        actions.append(answer(observation))
