"""How many experts, slots and GPUs: the deployments that a placement is made for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace

import numpy as np

from evaluators.parameters import added

# A quarter of the batch that DeepEP's published figures are of: each expert of DeepSeek-R1 still
# gets 1,024 rows, enough for its GEMMs to be bound by arithmetic, as in prefill.
TOKENS_PER_GPU = 1024
TOKENS_PER_WINDOW = 200_000  # routed tokens of a layer: 1,000 engine steps of 25 tokens, top 8


@dataclass(frozen=True, slots=True)
class Shape:
    """One deployment. Slot s of a layer lies on GPU s // slots_per_gpu.

    Raises ValueError where no placement exists. Groups need not fit the nodes: a policy that uses
    groups has to cope, as the published one does.
    """

    num_experts: int
    num_replicas: int  # slots of a layer
    num_groups: int  # groups of experts that are routed together
    num_nodes: int
    num_gpus: int

    def __post_init__(self) -> None:
        if min(asdict(self).values()) < 1:
            raise ValueError(f"every number of {self} must be at least 1")
        if self.num_replicas < self.num_experts:
            raise ValueError(
                f"num_replicas={self.num_replicas} is less than num_experts={self.num_experts}:"
                " every expert needs a slot"
            )
        _check_divides(self, "num_replicas", "num_gpus")
        _check_divides(self, "num_gpus", "num_nodes")
        _check_divides(self, "num_experts", "num_groups")

    @property
    def slots_per_gpu(self) -> int:
        """Slots of one layer on one GPU."""
        return self.num_replicas // self.num_gpus

    def as_array(self) -> np.ndarray:
        """int64[5], the fields in order: what a workload's content holds of its shape."""
        return np.array(list(asdict(self).values()), dtype=np.int64)


def _check_divides(shape: Shape | PlacementParameters, whole: str, part: str) -> None:
    if getattr(shape, whole) % getattr(shape, part):
        raise ValueError(
            f"{whole}={getattr(shape, whole)} is not divisible by {part}={getattr(shape, part)}"
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A model's mixture-of-experts layers and the deployment that it is published with."""

    name: str
    num_layers: int
    shape: Shape
    hidden_size: int  # numbers of a token
    intermediate_size: int  # between an expert's projections
    top_k: int  # experts of a token


# DeepSeek-R1: 256 routed experts in 58 layers and 8 groups; 32 redundant slots over 32 GPUs of
# 4 nodes is the prefill unit of the DeepSeek-V3 technical report, section 3.4.1.
DEEPSEEK_R1 = Model("DeepSeek-R1", 58, Shape(256, 288, 8, 4, 32), 7168, 2048, 8)
# Qwen3-30B-A3B: 128 experts in 48 layers. The model has no groups and no published deployment:
# 4 groups, 32 redundant slots and 16 GPUs of 2 nodes are ours.
QWEN3_30B = Model("Qwen3-30B-A3B", 48, Shape(128, 160, 4, 2, 16), 2048, 768, 8)
MODELS = (DEEPSEEK_R1, QWEN3_30B)


_LEAST = {
    "history_windows": 1, "interval_windows": 1, "tokens_per_window": 1,
    "redundant_slots_per_gpu": -1, "tokens_per_gpu": 1, "timed_layers": 1, "timed_rounds": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlacementParameters:
    """What a user may set; 0 keeps the number of the model's own deployment.

    `history_windows` is how many windows of load a policy sees, `interval_windows` how many lie
    between two decisions. `redundant_slots_per_gpu` are those beyond a slot for every expert (-1:
    the deployment's own), and `lost_gpus` are gone before the episode begins, with their slots:
    what is left is one node where equal nodes cannot be made of it. Of generated loads:
    `tokens_per_window` of a layer, and `skew`, the power that popularity is taken to.

    Of what is measured on a device, and of nothing else: the sizes of the model's experts
    (0 keeps its own), the tokens that every GPU brings to a step, how many layers of a placement
    are timed, and how often.

    Raises ValueError for numbers that fit no deployment.
    """

    num_experts: int = 0
    num_replicas: int = 0
    num_groups: int = 0
    num_nodes: int = 0
    num_gpus: int = 0
    history_windows: int = 8
    interval_windows: int = 4
    redundant_slots_per_gpu: int = added(-1)
    lost_gpus: int = added(0)
    tokens_per_window: int = added(TOKENS_PER_WINDOW)
    skew: float = added(1.0)
    hidden_size: int = added(0)
    intermediate_size: int = added(0)
    top_k: int = added(0)
    tokens_per_gpu: int = added(TOKENS_PER_GPU)
    timed_layers: int = added(2)
    timed_rounds: int = added(3)

    def __post_init__(self) -> None:
        for f in fields(self):
            least = _LEAST.get(f.name, 0)
            if getattr(self, f.name) < least:
                raise ValueError(f"{f.name}={getattr(self, f.name)}, expected at least {least}")
        if 0 < self.num_replicas < self.num_experts:
            raise ValueError(
                f"num_replicas={self.num_replicas} is less than num_experts={self.num_experts}:"
                " every expert needs a slot"
            )
        pairs = (("num_replicas", "num_gpus"), ("num_gpus", "num_nodes"))
        for whole, part in (*pairs, ("num_experts", "num_groups")):
            if getattr(self, whole) and getattr(self, part):
                _check_divides(self, whole, part)

    def shape(self, default: Shape) -> Shape:
        """The shape with what is set here in place of the default's numbers."""
        numbers = {k: getattr(self, k) or v for k, v in asdict(default).items()}
        if self.redundant_slots_per_gpu >= 0:
            redundant = self.redundant_slots_per_gpu * numbers["num_gpus"]
            numbers["num_replicas"] = numbers["num_experts"] + redundant
        whole = Shape(**numbers)
        return without(whole, self.lost_gpus) if self.lost_gpus else whole


def without(shape: Shape, gpus: int) -> Shape:
    """What is left of a deployment. Raises ValueError when the experts have no room in it."""
    left = shape.num_gpus - gpus
    nodes = shape.num_nodes if left % shape.num_nodes == 0 else 1
    slots = left * shape.slots_per_gpu
    return replace(shape, num_replicas=slots, num_gpus=left, num_nodes=nodes)
