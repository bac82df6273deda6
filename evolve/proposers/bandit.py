"""Shares proposals among arms by what they have brought lately.

Discounted Thompson sampling (Raj and Kalyani, "Taming Non-stationary Bandits", 2017): every arm
has a Beta posterior of its reward whose evidence fades with each answer, so that an arm that has
dried up gives way and may come back. A fixed part of the choices ignores the posterior: no arm
starves, however unlucky it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from archive.entry import Entry

DISCOUNT = 0.995  # half of an answer's weight is gone after about 140 more
EXPLORATION = 0.25  # part of the choices made by the fixed shares alone
PRIOR = (1.0, 9.0)  # one success in ten: about what operators bring on a fresh front
NOVEL_REWARD = 0.02  # for a valid new policy that gained nothing
LEAST_GAIN_REWARD = 0.5  # a tenth of the best gain is worth much more than a tenth of an entry
SCALE_DECAY = 0.98  # of the largest recent gain, per gain


class Bandit:
    """Chooses among named arms.

    Args:
        shares: positive weights of the arms where nothing is known.
        exploration: the part of the choices that goes by them alone; 1: nothing is learnt.
    """

    def __init__(self, shares: Mapping[str, float], exploration: float = EXPLORATION) -> None:
        self._shares = dict(shares)
        self._exploration = exploration
        self._evidence = {arm: np.zeros(2) for arm in shares}  # (reward, what was missing to 1)

    def choose(self, arms: Sequence[str], random: np.random.Generator) -> str:
        """One of the arms; a pure function of what was told and the stream."""
        explores = random.random() < self._exploration
        shares = np.array([self._shares[a] for a in arms])
        if explores:
            return arms[int(random.choice(len(arms), p=shares / shares.sum()))]
        chances = np.array([self._evidence[a] for a in arms]) + PRIOR
        return arms[int(np.argmax(random.beta(chances[:, 0], chances[:, 1])))]

    def tell(self, arm: str, reward: float) -> None:
        """Learn that a choice of `arm` brought `reward`, between 0 and 1."""
        for evidence in self._evidence.values():
            evidence *= DISCOUNT
        self._evidence[arm] += (reward, 1.0 - reward)

    def mean(self, arm: str) -> float:
        """The expected reward of an arm."""
        good, bad = self._evidence[arm] + PRIOR
        return float(good / (good + bad))


class Reward:
    """Turns gains of hypervolume, which shrink as a run goes on, into rewards between 0 and 1."""

    def __init__(self) -> None:
        self._largest = 0.0

    def of(self, entry: Entry, gain: float) -> float:
        """A half to one for a gain, by its size among recent ones; little for mere novelty."""
        if gain > 0:
            self._largest = max(gain, SCALE_DECAY * self._largest)
            return LEAST_GAIN_REWARD + (1 - LEAST_GAIN_REWARD) * gain / self._largest
        is_sound = entry.is_valid or entry.decision == "eliminated"
        return NOVEL_REWARD if is_sound else 0.0
