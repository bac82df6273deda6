"""Cases drawn from fixed seeds, and the published ones; each is a cluster of its own.

Sizes, rates and SLOs are drawn as the published cases are. A case also has a past: some models had
another rate, and PRISM's greedy placed them all by those. So `previous` is a good placement of what
is no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from evaluators.contract import Split, Workload
from evaluators.problems.model_placement.greedy import greedy_placement
from evaluators.problems.model_placement.instance import Case
from evaluators.problems.model_placement.parameters import PlacementParameters
from evaluators.problems.model_placement.published import (
    GPUS,
    RATES,
    SIZES_GB,
    SLOS_S,
    Models,
    published_models,
)
from evaluators.seeding import seeded

COPIES: Mapping[Split, int] = {"search": 6, "selection": 6, "tiny": 4}  # of a family
TINY_GPUS = (3,)  # with six models: all placements can be enumerated
BURSTY_SHARE, BURST = 0.1, 10


@cache
def make_workloads(
    split: Split, parameters: PlacementParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split; a number of GPUs is a family.

    Sealed are the 50 published cases; with a `salt` or other parameters the same numbers of GPUs
    get other models.
    """
    if split == "sealed":
        return _sealed(parameters, salt)
    return tuple(
        _draw_workload(f"{split}-{num_gpus}-gpus-{index}", num_gpus, parameters, salt)
        for num_gpus in _sizes(split, parameters)
        for index in range(_copies(split, parameters))
    )


def make_workload(name: str, family: str, case: Case) -> Workload:
    """A case as a workload that is a cluster of its own."""
    return Workload(id=name, family=family, cluster=name, content=case.content())


def _sizes(split: Split, parameters: PlacementParameters) -> tuple[int, ...]:
    if split == "tiny":
        return TINY_GPUS
    return (parameters.num_gpus,) if parameters.num_gpus else tuple(GPUS)


def _copies(split: Split, parameters: PlacementParameters) -> int:
    """As many workloads in a split of one family as in one of five."""
    alone = split != "tiny" and parameters.num_gpus
    return COPIES[split] * (len(GPUS) if alone else 1)


def _sealed(parameters: PlacementParameters, salt: str) -> tuple[Workload, ...]:
    """In the published order."""
    is_published = not salt and parameters == PlacementParameters()
    made = []
    for number, models in enumerate(published_models()):
        num_gpus = parameters.num_gpus or models.num_gpus
        name = f"sealed-{number:02}-{num_gpus}-gpus"
        if is_published:
            made.append(_published_workload(name, models, parameters))
        else:
            made.append(_draw_workload(name, num_gpus, parameters, salt))
    return tuple(made)


def _published_workload(name: str, models: Models, parameters: PlacementParameters) -> Workload:
    """What a published case lacks, a past, is drawn from a seed of its own."""
    case = _with_past(seeded("model_placement", name), lambda: models, parameters)
    return make_workload(name, f"{models.num_gpus} GPUs", case)


def _draw_workload(
    name: str, num_gpus: int, parameters: PlacementParameters, salt: str
) -> Workload:
    rng = seeded("model_placement", name, salt)
    case = _with_past(rng, lambda: _draw_models(rng, num_gpus, parameters), parameters)
    return make_workload(name, f"{num_gpus} GPUs", case)


def _draw_models(rng: np.random.Generator, num_gpus: int, p: PlacementParameters) -> Models:
    size_gb, slo_s = (
        rng.integers(values.start, values.stop, p.models_per_gpu * num_gpus)
        for values in (SIZES_GB, SLOS_S)
    )
    return Models(num_gpus, size_gb, _draw_rates(rng, len(size_gb), p), slo_s)


def _draw_rates(rng: np.random.Generator, number: int, p: PlacementParameters) -> np.ndarray:
    rate = rng.integers(RATES.start, RATES.stop, number)
    if not p.bursty:
        return rate
    return np.where(rng.random(number) < BURSTY_SHARE, BURST * rate, rate)


def _with_past(
    rng: np.random.Generator, draw_models: Callable[[], Models], p: PlacementParameters
) -> Case:
    """The models where the rates of the past had put them; drawn again where those find no room."""
    while True:
        m = draw_models()
        was_other = rng.random(len(m.slo_s)) < p.drift
        past_rate = np.where(was_other, _draw_rates(rng, len(m.slo_s), p), m.request_rate)
        memory_gb = p.gpu_memory_gb
        previous = greedy_placement(m.size_gb, past_rate / m.slo_s, m.num_gpus, memory_gb)
        if previous is not None:
            return Case(m.size_gb, m.request_rate, m.slo_s, previous, m.num_gpus, memory_gb)
