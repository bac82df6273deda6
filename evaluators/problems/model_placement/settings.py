"""The settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Mapping

from evaluators.contract import Variation

VARIATIONS = (
    Variation("GPUs", "4 GPUs", {"num_gpus": "4"}),
    Variation("GPUs", "16 GPUs", {"num_gpus": "16"}),
    Variation("memory", "3 models a GPU: 73 % of the memory is weights", {"models_per_gpu": "3"}),
    Variation("memory", "twice the memory of a GPU", {"gpu_memory_gb": "160"}),
    Variation("drift", "one model in ten has another rate than before", {"drift": "0.1"}),
    Variation("drift", "all rates are new", {"drift": "1.0"}),
    Variation("heterogeneity", "a tenth of the models ten times as busy", {"bursty": "true"}),
)

UNVARIED: Mapping[str, str] = {
    "load": "pressure is proportional to the rates, and judged relative to a balanced placement",
    "failures": "GPUs do not fail: a placement is chosen once, and all of them hold their models",
}
