"""The searches that are compared: the shipped one, plain ones, and the shipped one less a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from evolve.arms import controlled
from evolve.prompting.situation import Task
from evolve.proposers.embedded import EmbeddedProposer
from evolve.proposers.mixed import with_embedded
from evolve.proposers.model import PLAIN_PARTS, ModelProposer, Parts
from evolve.proposers.proposer import Proposer
from evolve.settings import Arm, ModelSettings

FULL, INDEPENDENT, GREEDY, EMBEDDED = "full", "independent", "greedy", "embedded"
REFLECT_EVERY = 10  # proposals, in the arm with lessons

Make = Callable[[Task, ModelSettings], Proposer]


def plain(arm: Arm) -> Make:
    """A control arm of the product's, asking models."""
    return lambda task, models: controlled(
        arm, ModelProposer(task, models, parts=PLAIN_PARTS), task.problem, task.objectives
    )


def _full_with(**parts: bool) -> Make:
    return lambda task, models: ModelProposer(task, models, parts=Parts(**parts))


ARMS: Mapping[str, Make] = {
    FULL: lambda task, models: with_embedded(ModelProposer(task, models), models.embedded_share),
    INDEPENDENT: plain(INDEPENDENT),
    GREEDY: plain(GREEDY),
    EMBEDDED: lambda task, models: EmbeddedProposer(),  # as many evaluations as others have calls
    "without embedded": _full_with(),
    "without crossover": _full_with(crossover=False),
    "without inspirations": _full_with(inspirations=False),
    "without bandit": _full_with(bandit=False),
    "with lessons": lambda task, models: ModelProposer(
        task, replace(models, reflect_every=REFLECT_EVERY)
    ),
}
