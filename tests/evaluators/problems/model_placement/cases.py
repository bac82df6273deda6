"""Small cases and placements for property tests."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from evaluators.problems.model_placement.instance import Case


@st.composite
def cases(draw, most_models=7, most_gpus=3):
    """A case whose previous placement leaves memory on every GPU; some are nearly full."""
    gpus = draw(st.integers(1, most_gpus))
    models = draw(st.integers(1, most_models))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size_gb = rng.integers(1, 30, models)
    previous = rng.integers(0, gpus, models)
    used_gb = np.bincount(previous, size_gb, gpus)
    return Case(
        size_gb=size_gb,
        request_rate=rng.integers(1, draw(st.sampled_from([1, 9, 90])), models, endpoint=True),
        slo_s=rng.integers(1, 10, models, endpoint=True),
        previous=previous,
        num_gpus=gpus,
        gpu_memory_gb=int(used_gb.max()) + draw(st.sampled_from([1, 10, 80])),
    )


def every_placement(case):
    """int64[placements, models]: all that fit."""
    every = np.array(list(product(range(case.num_gpus), repeat=case.num_models)))
    used = [((every == g) * case.size_gb).sum(axis=1) for g in range(case.num_gpus)]
    return every[np.max(used, axis=0) <= case.gpu_memory_gb]
