"""Synthetic expert loads: tokens per window, layer and expert, from fixed seeds.

No public log of per-window expert loads could be obtained, so the load is modelled. Popularity of
a layer's experts is Zipf's law times a log-normal spread; the families differ in how it changes:

    steady    it does not, beyond the windows' own noise
    drifting  the logarithm of every expert's popularity follows an AR(2) process with momentum
    topics    a mixture of five topics, each with its own popularity; the leading topic switches
    bursts    single experts become several times as popular and cool down again

Tokens are drawn from Poisson distributions, so a load is made of whole numbers: its digest does
not hang on the last bit of a platform's exponential.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from evaluators.contract import Split, Workload
from evaluators.problems.expert_placement.shape import (
    MODELS,
    TOKENS_PER_WINDOW,
    PlacementParameters,
    Shape,
)
from evaluators.seeding import seeded

WINDOW_NOISE_SD = 0.1  # of log popularity: requests of one window resemble each other
TRAFFIC_SD = 0.2  # of log total tokens of a window
ZIPF_EXPONENT = (0.4, 1.0)  # a layer's exponent is uniform in this range
POPULARITY_SD = 0.3  # of log popularity around Zipf's law

# The strength of the changes is set so that a placement made on the windows before an interval
# comes to a balancedness of about 0.75 in it where the load moves, as README.md shows.
DRIFT_ROOTS = (0.95, 0.75)  # of the AR(2) process, per window: memory of 20 and of 4 windows
DRIFT_SD = 0.8  # of log popularity, stationary
NUM_TOPICS = 5
TOPIC_SWITCH = 0.12  # probability per window that another topic leads: every other interval
TOPIC_LEAD = 0.85  # share of the leading topic once it is established
TOPIC_TURNOVER = 0.35  # share of the way to the new mixture that one window goes
BURST_START = 0.003  # probability per expert and window
BURST_LOG_GAIN = (1.0, 2.5)  # log of the factor at a burst's start is uniform in this range
BURST_DECAY = 0.95  # of the log factor, per window
WARM_UP_WINDOWS = 40  # dropped from the process that starts without bursts

DECISIONS: Mapping[Split, int] = {"search": 6, "selection": 5, "sealed": 5, "tiny": 3}
# Selection is played whenever an entry joins a front and stays small; sealed is opened for claims.
COPIES: Mapping[Split, int] = {"search": 1, "selection": 1, "sealed": 3, "tiny": 1}
SEARCH_LAYERS = 4
# 4 experts in 6 slots of 3 GPUs and 5 in 6 of 2: all placements can be enumerated
TINY_SHAPES = (Shape(4, 6, 2, 1, 3), Shape(5, 6, 1, 1, 2))
TINY_LAYERS = 2

Deployment = tuple[int, Shape]  # layers, shape
Size = tuple[int, int, int]  # windows, layers, experts
Family = Callable[[np.random.Generator, Size], np.ndarray]


def log_popularity(rng: np.random.Generator, num_layers: int, num_experts: int) -> np.ndarray:
    """float64[layers, experts]: Zipf's law over a random order, times a log-normal spread."""
    exponent = rng.uniform(*ZIPF_EXPONENT, size=(num_layers, 1))
    zipf = -exponent * np.log(np.arange(1, num_experts + 1))
    popularity: np.ndarray = rng.permuted(zipf, axis=1)
    popularity += rng.normal(0, POPULARITY_SD, popularity.shape)
    return popularity


def steady(rng: np.random.Generator, size: Size) -> np.ndarray:
    """float64[windows, layers, experts]: log popularity that does not change."""
    return np.broadcast_to(log_popularity(rng, *size[1:]), size)


def drifting(rng: np.random.Generator, size: Size) -> np.ndarray:
    """float64[windows, layers, experts]: log popularity that drifts with momentum."""
    slow, fast = DRIFT_ROOTS
    first, second = slow + fast, -slow * fast
    lag_one = first / (1 - second)
    noise_sd = DRIFT_SD * np.sqrt((1 + second) * ((1 - second) ** 2 - first**2) / (1 - second))
    x: np.ndarray = rng.normal(0, 1, size)
    x[0] *= DRIFT_SD  # the first two windows are drawn from the stationary distribution
    x[1] = lag_one * x[0] + DRIFT_SD * np.sqrt(1 - lag_one**2) * x[1]
    for t in range(2, size[0]):
        x[t] = first * x[t - 1] + second * x[t - 2] + noise_sd * x[t]
    x += log_popularity(rng, *size[1:])
    return x


def topics(rng: np.random.Generator, size: Size) -> np.ndarray:
    """float64[windows, layers, experts]: log of a mixture whose leading topic switches."""
    windows, layers, experts = size
    popularity = np.exp([log_popularity(rng, layers, experts) for _ in range(NUM_TOPICS)])
    popularity /= popularity.sum(axis=2, keepdims=True)
    rest = (1 - TOPIC_LEAD) / (NUM_TOPICS - 1)
    established = np.full((NUM_TOPICS, NUM_TOPICS), rest) + (TOPIC_LEAD - rest) * np.eye(NUM_TOPICS)
    leader = int(rng.integers(NUM_TOPICS))
    mixture = np.empty((windows, NUM_TOPICS))
    now = established[leader]
    for t in range(windows):
        if rng.random() < TOPIC_SWITCH:
            leader = (leader + int(rng.integers(1, NUM_TOPICS))) % NUM_TOPICS
        now = now + TOPIC_TURNOVER * (established[leader] - now)
        mixture[t] = now
    log_share: np.ndarray = np.log(np.einsum("wt,tle->wle", mixture, popularity))
    return log_share


def bursts(rng: np.random.Generator, size: Size) -> np.ndarray:
    """float64[windows, layers, experts]: log popularity with bursts of single experts."""
    windows, layers, experts = size
    long_size = (windows + WARM_UP_WINDOWS, layers, experts)
    starts = rng.random(long_size) < BURST_START
    heat = np.where(starts, rng.uniform(*BURST_LOG_GAIN, size=long_size), 0.0)
    for t in range(1, len(heat)):
        heat[t] = np.maximum(heat[t], BURST_DECAY * heat[t - 1])
    heat += log_popularity(rng, layers, experts)
    return heat[WARM_UP_WINDOWS:]


FAMILIES: Mapping[str, Family] = {
    "steady": steady,
    "drifting": drifting,
    "topics": topics,
    "bursts": bursts,
}


def token_counts(
    rng: np.random.Generator, log_share: np.ndarray, tokens_per_window: int = TOKENS_PER_WINDOW
) -> np.ndarray:
    """float64[windows, layers, experts]: tokens drawn for given log popularity."""
    share = np.exp(log_share + rng.normal(0, WINDOW_NOISE_SD, log_share.shape))
    share /= share.sum(axis=2, keepdims=True)
    traffic = np.exp(rng.normal(0, TRAFFIC_SD, (len(share), 1, 1)))
    return rng.poisson(tokens_per_window * traffic * share).astype(np.float64)


@cache
def make_workloads(
    split: Split, parameters: PlacementParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split: every family on every deployment, each its own cluster.

    With a `salt` the same deployments get other loads.
    """
    made = []
    for family in FAMILIES:
        for index, deployment in enumerate(deployments(split, parameters) * COPIES[split]):
            made.append(_make_workload(split, family, index, deployment, parameters, salt))
    return tuple(made)


def deployments(split: Split, parameters: PlacementParameters) -> list[Deployment]:
    """Layers and shape of a split's workloads. Raises ValueError when no placement exists."""
    if split == "tiny":
        return [(TINY_LAYERS, shape) for shape in TINY_SHAPES]
    few = split == "search"
    return [(SEARCH_LAYERS if few else m.num_layers, parameters.shape(m.shape)) for m in MODELS]


def _make_workload(
    split: Split,
    family: str,
    index: int,
    deployment: Deployment,
    parameters: PlacementParameters,
    salt: str,
) -> Workload:
    num_layers, shape = deployment
    name = f"{split}|{family}|{index}"
    rng = seeded("expert_placement", name, salt)
    windows = parameters.history_windows + DECISIONS[split] * parameters.interval_windows
    log_share = FAMILIES[family](rng, (windows, num_layers, shape.num_experts))
    load = token_counts(rng, parameters.skew * log_share, parameters.tokens_per_window)
    load.setflags(write=False)
    return Workload(
        id=f"{split}-{family}-{index}-{shape.num_experts}x{shape.num_gpus}",
        family=family,
        cluster=name,
        content={"load": load, "shape": shape.as_array()},
    )
