"""Asks language models and people: a prompt about a parent, a reply, one attempt at mending it.

What is asked is a function of committed state, so a replay asks the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, takewhile

import numpy as np

from archive.entry import Entry
from evolve.llm.message import Request
from evolve.people import PERSON
from evolve.prompting.inspiration import choose_inspirations
from evolve.prompting.rendering import Kind, Prompt, PromptTooLongError, render
from evolve.prompting.situation import Situation, Step, Task
from evolve.proposers.bandit import EXPLORATION, Bandit, Reward
from evolve.proposers.proposer import (
    Answer,
    Context,
    Conversation,
    Draft,
    NoAnswer,
    Rejection,
)
from evolve.proposers.reflection import Reflection
from evolve.proposers.thrift import Cost, Thrift
from evolve.proposers.turns import Turns
from evolve.replies.reading import read_reply
from evolve.replies.reply import Rejection as Refused
from evolve.replies.reply import Source
from evolve.settings import ModelSettings

SHARES: dict[Kind, float] = {
    "diff": 4.0, "rewrite": 3.0, "crossover": 2.0, "explore": 2.0, "simplify": 1.0
}  # fmt: skip
HISTORY = 12  # of the last proposals are told
INSPIRATIONS = 2


@dataclass(frozen=True)
class Parts:
    """What the search is made of, to be left out part by part where its worth is measured.

    Lessons are another: `ModelSettings.reflect_every`.
    """

    crossover: bool = True
    inspirations: bool = True
    bandit: bool = True


PLAIN_PARTS = Parts(crossover=False, inspirations=False, bandit=False)


class ModelProposer:
    """One arm of a bandit per model and kind of prompt, rewarded by improvement per cost."""

    name = "model"

    def __init__(
        self,
        task: Task,
        models: ModelSettings,
        turns: Turns | None = None,
        hints: Callable[[int], tuple[str, ...]] = lambda _: (),
        parts: Parts = Parts(),
    ) -> None:
        """`turns`: who is asked next; None: the models alone. `hints`: by a proposal's number."""
        self._task = task
        self._models = models
        self._turns = turns or Turns(models.names)
        self._hints = hints
        self._inspirations = INSPIRATIONS if parts.inspirations else 0
        kinds = [kind for kind in SHARES if kind != "crossover" or parts.crossover]
        names = self._turns.names
        self._arms = {f"{model} {kind}": (model, kind) for model in names for kind in kinds}
        self._bandit = Bandit(self._shares(), EXPLORATION if parts.bandit else 1.0)
        self._reward = Reward()
        self._thrift = Thrift()
        self._reflection = Reflection(models.reflect_every)
        self._last_told = ""  # the model of the last commit
        self._arm_of: dict[int, str] = {}
        self._cost_of: dict[int, Cost] = {}
        self._known: dict[int, Entry] = {}  # committed, by number, in order of commit
        self._unheard: set[int] = set()  # ended without a reply: nothing was tried

    def ask(self, context: Context) -> Conversation | None:
        """A conversation with the model that the bandit chose, about the first parent."""
        names = self._turns.next(context.number)
        arms = [
            arm
            for arm, (model, kind) in self._arms.items()
            if model in names and (kind != "crossover" or _mate(context))
        ]
        arms = self._widened(arms) if context.is_stuck else arms
        arm = self._bandit.choose(arms, context.random("model"))
        model, kind = self._arms[arm]
        self._arm_of[context.number] = arm
        self._cost_of[context.number] = Cost()
        shown = kind if context.parents[0].is_valid else "repair"
        return self._converse(model, shown, context)

    def tell(self, entry: Entry, gain: float) -> None:
        """Credit the model and the kind of prompt; lessons that it began with are in force."""
        self._reflection.commit(entry.number)
        self._turns.tell(entry.number)
        arm = self._arm_of.pop(entry.number)
        self._last_told, _ = self._arms[arm]
        self._thrift.tell(arm, self._cost_of.pop(entry.number))
        self._bandit.tell(arm, self._reward.of(entry, gain) * self._thrift.worth(arm))

    def _widened(self, arms: list[str]) -> list[str]:
        """Those that ask for something new, of another model than the last commit's if any."""
        new = [arm for arm in arms if self._arms[arm][1] == "explore"]
        return [arm for arm in new if self._arms[arm][0] != self._last_told] or new

    def _shares(self) -> dict[str, float]:
        """Of each arm: its model's weight times its kind's share."""
        weights = self._models.weights or [1.0] * len(self._models.names)
        weight = {PERSON: 1.0, **dict(zip(self._models.names, weights, strict=True))}
        return {arm: weight[model] * SHARES[kind] for arm, (model, kind) in self._arms.items()}

    def _converse(self, model: str, kind: Kind, context: Context) -> Conversation:
        situation = self._situation(context)
        origin = tuple(e.number for e in context.parents[: 2 if kind == "crossover" else 1])
        operator = f"model/{kind}/{model}"
        seeds = context.random("sampling")
        is_due = self._reflection.is_due(context.number) and model != PERSON
        if is_due and context.parents[0].is_valid:
            situation = yield from self._reflected(model, situation, seeds, context.number)
        said = yield from self._said(model, kind, situation, seeds, context.number)
        match said:
            case Source():
                return Draft(said.text, origin, operator, said.note)
            case Refused():
                return Rejection(said.reason, origin, operator, said.note)
            case NoAnswer():
                self._unheard.add(context.number)
                return Rejection(said.reason, origin, operator)

    def _said(
        self, model: str, kind: Kind, situation: Situation, seeds: np.random.Generator, number: int
    ) -> Generator[Request, Answer, Source | Refused | NoAnswer]:
        """What a model says in the end; a faulty reply is sent back once, with the reason."""
        try:
            said = yield from self._answered(model, kind, situation, seeds, number)
        except PromptTooLongError as error:
            return NoAnswer(str(error))
        if isinstance(said, Refused):
            situation = dataclasses.replace(situation, refused=said)
            with suppress(PromptTooLongError):  # then the first refusal stands
                said = yield from self._answered(model, "repair", situation, seeds, number)
        return said

    def _answered(
        self, model: str, kind: Kind, situation: Situation, seeds: np.random.Generator, number: int
    ) -> Generator[Request, Answer, Source | Refused | NoAnswer]:
        """One prompt, and what the reply to it holds."""
        prompt = render(kind, situation, self._models.prompt_tokens)
        answer = yield self._request(model, prompt, int(seeds.integers(2**31)))
        if isinstance(answer, NoAnswer):
            self._cost_of[number].charge(answer.spent)
            return answer
        self._cost_of[number].add(answer)
        return read_reply(answer.text, prompt.expected, answer.finish_reason == "length")

    def _reflected(
        self, model: str, situation: Situation, seeds: np.random.Generator, number: int
    ) -> Generator[Request, Answer, Situation]:
        """The situation with new lessons, or as it was when none came."""
        try:
            prompt = render("reflect", situation, self._models.prompt_tokens)
        except PromptTooLongError:
            return situation
        answer = yield self._request(model, prompt, int(seeds.integers(2**31)))
        new = () if isinstance(answer, NoAnswer) else self._reflection.draw(number, answer.text)
        return dataclasses.replace(situation, lessons=new or situation.lessons)

    def _request(self, model: str, prompt: Prompt, seed: int) -> Request:
        return Request(
            model, prompt.messages, self._models.output_tokens, self._models.temperature, seed
        )

    def _situation(self, context: Context) -> Situation:
        baselines = tuple(takewhile(lambda e: not e.proposal.parents, context.committed))
        self._known.update((e.number, e) for e in context.committed[len(self._known) :])
        proposed = takewhile(lambda e: e.proposal.parents, reversed(context.committed))
        tried = (e for e in proposed if e.number not in self._unheard)
        return Situation(
            task=self._task,
            parents=tuple(context.parents),
            baselines=baselines,
            history=tuple(
                Step(e, self._known.get(e.proposal.parents[0]), e.proposal.idea)
                for e in islice(tried, HISTORY)
            ),
            inspirations=tuple(
                choose_inspirations(
                    context.parents, context.front, context.objectives, self._inspirations
                )
            ),
            lessons=self._reflection.lessons,
            hints=self._hints(context.number),
        )


def _mate(context: Context) -> bool:
    """Whether there is another program to cross the first parent with."""
    first, *others = (e.proposal.normal_digest for e in context.parents)
    return any(other != first for other in others)
