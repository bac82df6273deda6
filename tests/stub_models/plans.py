"""Which request gets which answer, after how long."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np

Plan = Callable[[int], str]  # number of the request from 0 on -> what becomes of it
Latency = Callable[[int], float]  # number of the request -> seconds before the answer begins

STRAGGLERS = 0.01  # of the calls under `lognormal`
STRAGGLE = 20.0  # times longer


def script(*faults: str, then: str = "ok") -> Plan:
    """The named ones in order, then always the same."""
    return lambda number: faults[number] if number < len(faults) else then


def cycle(*faults: str) -> Plan:
    """The named ones over and over."""
    return lambda number: faults[number % len(faults)]


def mixture(shares: Mapping[str, float], seed: int) -> Plan:
    """Each fault with its probability, else `ok`; the same for the same number and seed."""
    names = [*shares, "ok"]
    edges = list(itertools.accumulate(shares.values()))
    if edges and edges[-1] > 1:
        raise ValueError(f"shares sum to {edges[-1]}")

    def plan(number: int) -> str:
        drawn = np.random.default_rng([seed, number]).random()
        return names[sum(drawn >= edge for edge in edges)]

    return plan


def constant(latency_s: float) -> Latency:
    """Always as long."""
    return lambda number: latency_s


def lognormal(mean_s: float, seed: int) -> Latency:
    """Coefficient of variation 1; one call in a hundred takes 20 times as long."""
    sigma = math.sqrt(math.log(2.0))
    mu = math.log(mean_s) - sigma**2 / 2

    def latency_s(number: int) -> float:
        rng = np.random.default_rng([seed, number, 1])
        drawn_s = float(rng.lognormal(mu, sigma))
        return drawn_s * STRAGGLE if rng.random() < STRAGGLERS else drawn_s

    return latency_s
