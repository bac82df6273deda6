"""How long prompts and outputs are: published distributions as quantile tables.

A table is read as an inverse distribution function, linear in the logarithm between its points.
Prompt and output are drawn independently: their rank correlation is 0.07 in Azure 2023
conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Quantiles = tuple[tuple[float, float], ...]  # (probability, tokens), from 0 to 1


@dataclass(frozen=True, slots=True)
class Lengths:
    """One kind of application."""

    name: str
    prompt: Quantiles
    output: Quantiles

    def sample(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Prompt and output tokens, int64[count] each, at least 1."""
        return _draw(self.prompt, rng, count), _draw(self.output, rng, count)


def _draw(quantiles: Quantiles, rng: np.random.Generator, count: int) -> np.ndarray:
    probability, at = np.array(quantiles).T
    drawn = np.exp(np.interp(rng.random(count), probability, np.log(at)))
    tokens: np.ndarray = np.maximum(1, np.rint(drawn)).astype(np.int64)
    return tokens


CHAT = Lengths(
    "chat",
    prompt=(
        (0, 2), (0.01, 29), (0.05, 181), (0.1, 207), (0.25, 396), (0.5, 1020), (0.75, 1189),
        (0.9, 2734), (0.95, 4083), (0.99, 4142), (1, 14050),
    ),
    output=(
        (0, 7), (0.01, 16), (0.05, 41), (0.1, 54), (0.25, 85), (0.5, 129), (0.75, 395),
        (0.9, 424), (0.95, 451), (0.99, 601), (1, 1000),
    ),
)  # fmt: skip
"""Azure LLM inference trace 2023, conversation (Splitwise, ISCA 2024): means 1155 and 211."""

CODE = Lengths(
    "code",
    prompt=((0, 3), (0.1, 160), (0.5, 1469), (0.9, 5188), (0.99, 7436), (1, 7437)),
    output=((0, 1), (0.1, 2), (0.5, 13), (0.9, 55), (0.99, 251), (1, 300)),
)
"""Azure LLM inference trace 2023, code: its p50, p90, p99; the other points fit its means."""

REASONING = Lengths(
    "reasoning",
    prompt=(
        (0, 5), (0.01, 9), (0.05, 13), (0.1, 18), (0.25, 41), (0.5, 208), (0.75, 482),
        (0.9, 2092), (0.95, 6714), (0.99, 23423), (1, 33783),
    ),
    output=(
        (0, 85), (0.01, 141), (0.05, 225), (0.1, 287), (0.25, 427), (0.5, 792), (0.75, 1499),
        (0.9, 3432), (0.95, 5701), (0.99, 12607), (1, 20833),
    ),
)  # fmt: skip
"""ServeGen, deepseek-r1 (73 clients, one day), weighted by request rate: means 1268 and 1527."""

MOONCAKE_CONVERSATION = Lengths(
    "mooncake-conversation",
    prompt=((0, 4), (0.5, 6909), (0.9, 27367), (0.99, 85400), (1, 126000)),
    output=((0, 35), (0.5, 350), (0.9, 597), (0.99, 1119), (1, 2000)),
)
"""Mooncake (FAST 2025), conversation: its p50, p90, p99; the ends fit its means, 12035 and 343."""

MOONCAKE_SYNTHETIC = Lengths(
    "mooncake-synthetic",
    prompt=((0, 8), (0.5, 11587), (0.9, 38611), (0.99, 66456), (1, 126000)),
    output=((0, 5), (0.5, 69), (0.9, 389), (0.99, 768), (1, 2000)),
)
"""Mooncake, synthetic: long prompts, short outputs; the ends fit its means, 15325 and 149."""

TRACES: Mapping[str, Lengths] = {t.name: t for t in (MOONCAKE_CONVERSATION, MOONCAKE_SYNTHETIC)}
"""What the scenarios' lengths can be replaced by: nothing that search or selection has."""
