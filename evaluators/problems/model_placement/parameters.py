"""What a user may set of the cases that are drawn."""

from __future__ import annotations

from dataclasses import dataclass

MOST_GPUS, MOST_MODELS = 32, 128
_RANGES: dict[str, tuple[float, float]] = {
    "num_gpus": (0, MOST_GPUS),
    "models_per_gpu": (1, 3),  # four of 10..29 GB hardly ever fit on 80 GB
    "gpu_memory_gb": (80, 640),
    "drift": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class PlacementParameters:
    """The defaults are those of the published cases; with others the sealed cases are drawn too.

    `num_gpus` of `gpu_memory_gb` each (0: 5 to 9, as many cases of each), with `models_per_gpu` on
    average; `drift`: the share of models whose rate was drawn anew since they were placed;
    `bursty`: a tenth of the models has ten times the rate. Raises ValueError for numbers that make
    no case.
    """

    num_gpus: int = 0
    models_per_gpu: int = 2
    gpu_memory_gb: int = 80
    drift: float = 0.5
    bursty: bool = False

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name}={value}, expected {least}..{most}")
        if self.num_gpus == 1:
            raise ValueError("num_gpus=1 leaves nothing to decide, expected 2 or more, or 0")
