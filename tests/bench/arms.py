"""The searches that are compared: the shipped one, plain ones, and the shipped one less a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from archive.entry import Entry
from archive.front import hypervolume
from evolve.llm.message import Request
from evolve.prompting.rendering import render
from evolve.prompting.situation import Situation, Task
from evolve.proposers.embedded import EmbeddedProposer
from evolve.proposers.model import ModelProposer, Parts
from evolve.proposers.proposer import Context, Conversation, Draft, NoAnswer, Proposer, Rejection
from evolve.replies.reading import read_reply
from evolve.replies.reply import Source
from evolve.settings import ModelSettings
from evolve.state import box

FULL, INDEPENDENT, GREEDY, EMBEDDED = "full", "independent", "greedy", "embedded"
PLAIN = (INDEPENDENT, GREEDY)  # what a search has to beat to be worth its calls
REFLECT_EVERY = 10  # proposals, in the arm with lessons

Make = Callable[[Task, ModelSettings], Proposer]


class Independent:
    """One rewrite of the best published policy after another: nothing that was found is shown."""

    name = "independent"

    def __init__(self, task: Task, models: ModelSettings) -> None:
        self._task = task
        self._models = models
        self._best = best_alone(task)

    def ask(self, context: Context) -> Conversation:
        seeds = tuple(takewhile(lambda e: not e.proposal.parents, context.committed))
        return self._converse(Situation(self._task, (self._best(seeds),), seeds), context)

    def tell(self, entry: Entry, gain: float) -> None:
        pass

    def _converse(self, situation: Situation, context: Context) -> Conversation:
        models, origin = self._models, (situation.parent.number,)
        prompt = render("rewrite", situation, models.prompt_tokens)
        seed = int(context.random("sampling").integers(2**31))
        answer = yield Request(
            models.names[0], prompt.messages, models.output_tokens, models.temperature, seed
        )
        if isinstance(answer, NoAnswer):
            return Rejection(answer.reason, origin, self.name)
        said = read_reply(answer.text, prompt.expected)
        if isinstance(said, Source):
            return Draft(said.text, origin, self.name, said.note)
        return Rejection(said.reason, origin, self.name, said.note)


class Greedy:
    """(1+1): the model is always shown the best so far, and what was tried of late."""

    name = "greedy"

    def __init__(self, task: Task, models: ModelSettings) -> None:
        parts = Parts(crossover=False, inspirations=False, bandit=False)
        self._inner = ModelProposer(task, models, parts=parts)
        self._best = best_alone(task)

    def ask(self, context: Context) -> Conversation | None:
        return self._inner.ask(replace(context, parents=[self._best(context.committed)]))

    def tell(self, entry: Entry, gain: float) -> None:
        self._inner.tell(entry, gain)


def best_alone(task: Task) -> Callable[[Sequence[Entry]], Entry]:
    """Which valid entry has the largest volume on its own; the first of equal ones."""
    boxed, limits = box(task.problem, task.objectives, "search")

    def volume(entry: Entry) -> float:
        return hypervolume([entry.values["search"]], boxed, limits)

    return lambda entries: max((e for e in entries if e.is_valid), key=volume)


def _full_with(**parts: bool) -> Make:
    return lambda task, models: ModelProposer(task, models, parts=Parts(**parts))


ARMS: Mapping[str, Make] = {
    FULL: _full_with(),
    INDEPENDENT: Independent,
    GREEDY: Greedy,
    EMBEDDED: lambda task, models: EmbeddedProposer(),  # as many evaluations as others have calls
    "without crossover": _full_with(crossover=False),
    "without inspirations": _full_with(inspirations=False),
    "without bandit": _full_with(bandit=False),
    "with lessons": lambda task, models: ModelProposer(
        task, replace(models, reflect_every=REFLECT_EVERY)
    ),
}
