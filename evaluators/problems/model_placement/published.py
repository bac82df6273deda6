"""The 50 published cases, and the score that the public evaluator gives.

The task `prism` of the public ADRS benchmarks (SkyDiscover, below benchmarks/ADRS/prism; the ADRS
leaderboard draws the same) has no data file: it seeds numpy's global generator with 42 and draws,
case after case, a number of GPUs of 5..9, then for each of twice as many models a size of 10..29
GB, a request rate of 1..9 and an SLO of 5..9. It names no previous placement that could be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

PUBLISHED_SEED, PUBLISHED_CASES = 42, 50
MODELS_PER_GPU, GPU_MEMORY_GB = 2, 80
GPUS = range(5, 10)
SIZES_GB, RATES, SLOS_S = range(10, 30), range(1, 10), range(5, 10)


@dataclass(frozen=True, slots=True)
class Models:
    """What is known of a case without a previous placement."""

    num_gpus: int
    size_gb: np.ndarray  # int64[models]
    request_rate: np.ndarray  # int64[models], req/s
    slo_s: np.ndarray  # int64[models], s


def published_models() -> Sequence[Models]:
    """The cases in the published order."""
    rng = np.random.RandomState(PUBLISHED_SEED)  # the very stream that is published

    def draw(values: range) -> int:
        return int(rng.randint(values.start, values.stop))

    def draw_case() -> Models:
        num_gpus = draw(GPUS)
        rows = [
            [draw(values) for values in (SIZES_GB, RATES, SLOS_S)]
            for _ in range(MODELS_PER_GPU * num_gpus)
        ]
        return Models(num_gpus, *np.array(rows, dtype=np.int64).T.copy())

    return [draw_case() for _ in range(PUBLISHED_CASES)]


def published_score(kvpr: Sequence[float]) -> float:
    """The public score of a policy that placed every case, from the largest pressure of each."""
    success_rate = 1.0
    return 1 / fmean(kvpr) + success_rate
