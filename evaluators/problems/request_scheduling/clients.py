"""Who sends the requests: arrival times, tenants, service classes, declared output limits.

Real traces say nothing about tenants, classes and `max_tokens`: for them as for generated requests
these are drawn here, from the workload's seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.engines.cost_model import ENGINES, CostModel

TENANTS = 8
BURSTY_TENANT = 2  # sends all of its requests in a quarter of the time
BURST_REQUESTS = 40  # requests of all tenants during which it is on or off
BURST_DUTY = 0.25  # at least its share of the requests


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """A promise: time to first token beyond thrice the own prefill, and time per output token."""

    name: str
    ttft_s: float
    tpot_s: float
    share: float


CLASSES = (
    ServiceClass("interactive", ttft_s=0.5, tpot_s=0.025, share=0.5),
    ServiceClass("standard", ttft_s=2.0, tpot_s=0.05, share=0.3),
    ServiceClass("batch", ttft_s=10.0, tpot_s=0.1, share=0.2),
)
"""For the first of ENGINES; slower engines promise less, in proportion to `slowdown`."""

CLASS_SHARES = tuple(c.share for c in CLASSES)
OWN_PREFILLS = 3.0  # a long prompt's promise grows with it
TYPICAL_ITERATION_TOKENS = 512


def seeded(*names: object) -> np.random.Generator:
    """Random numbers of a name: SHA-256 of its parts but the empty, the same in every process."""
    text = "|".join(filter(None, ("request_scheduling", *map(str, names))))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]))


def arrivals_s(rng: np.random.Generator, count: int, rate_per_s: float, cv: float) -> np.ndarray:
    """Sorted times of a renewal process with gamma gaps; cv 1 is Poisson.

    Args:
        rng: random numbers.
        count: requests.
        rate_per_s: mean rate; the last request arrives at exactly count / rate_per_s.
        cv: standard deviation over mean of the gaps. ServeGen's clients have 1.0-1.2 in the
            middle and 6-7 at the 90th percentile, Azure 2023 conversation 1.1, code 13.
    """
    gaps = rng.gamma(1.0 / cv**2, size=count)
    times = np.cumsum(gaps)
    return microseconds(times * (count / rate_per_s / times[-1]))


def microseconds(times_s: np.ndarray) -> np.ndarray:
    """Rounded, so that a processor's last bits do not make another workload."""
    return np.round(times_s, 6)


def draw_tenants(rng: np.random.Generator, count: int, tenants: int = TENANTS) -> np.ndarray:
    """int64[count]: Zipf shares (1/k), one of at least two tenants in bursts."""
    share = 1.0 / np.arange(1, tenants + 1)
    share /= share.sum()
    in_bursts = min(BURSTY_TENANT, tenants - 1)
    duty = max(BURST_DUTY, share[in_bursts])
    on = rng.random(-(-count // BURST_REQUESTS)) < duty
    bursty = np.repeat(on, BURST_REQUESTS)[:count] & (rng.random(count) < share[in_bursts] / duty)
    share[in_bursts] = 0.0
    steady = rng.choice(tenants, count, p=share / share.sum())
    return np.where(bursty, in_bursts, steady).astype(np.int64)


def draw_max_tokens(rng: np.random.Generator, output_tokens: np.ndarray) -> np.ndarray:
    """int64[n]: what clients declare, one to four times what they will use, rounded up."""
    return np.ceil(output_tokens * rng.uniform(1.0, 4.0, output_tokens.size)).astype(np.int64)


def promises(
    rng: np.random.Generator,
    engine: CostModel,
    prompt_tokens: np.ndarray,
    shares: Sequence[float] = CLASS_SHARES,
) -> Mapping[str, np.ndarray]:
    """`slo_class` int64[n], `ttft_slo_s` and `tpot_slo_s` float64[n]."""
    chosen = rng.choice(len(CLASSES), prompt_tokens.size, p=shares)
    slow = slowdown(engine)
    prefill_s = (
        engine.token_s * prompt_tokens + engine.pair_s * prompt_tokens.astype(float) ** 2 / 2
    )
    ttft_s = slow * np.array([c.ttft_s for c in CLASSES])[chosen] + OWN_PREFILLS * prefill_s
    return {
        "slo_class": chosen.astype(np.int64),
        "ttft_slo_s": np.round(ttft_s, 6),
        "tpot_slo_s": np.round(slow * np.array([c.tpot_s for c in CLASSES])[chosen], 6),
    }


def slowdown(engine: CostModel) -> float:
    """How much longer an iteration of typical size takes than on the first of ENGINES."""

    def iteration_s(e: CostModel) -> float:
        return e.iteration_s + TYPICAL_ITERATION_TOKENS * e.token_s

    return iteration_s(engine) / iteration_s(ENGINES[0])
