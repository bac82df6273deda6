"""The settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.contract import Variation

Changes = Mapping[str, Any]  # int or float


@dataclass(frozen=True, slots=True)
class Setting:
    """Parameters that differ, and whether they say anything about a load that was logged."""

    axis: str
    name: str
    changes: Changes
    of_generated: bool = False

    @property
    def variation(self) -> Variation:
        """As a problem offers it."""
        return Variation(self.axis, self.name, {k: str(v) for k, v in self.changes.items()})


# Kimi-K2 has 384 experts and OLMoE 64, neither in groups; slots, GPUs and nodes are ours.
_MANY = {
    "num_experts": 384, "num_replicas": 416, "num_groups": 1, "num_nodes": 4, "num_gpus": 32,
}  # fmt: skip
_FEW = {"num_experts": 64, "num_replicas": 80, "num_groups": 1, "num_nodes": 1, "num_gpus": 8}

SETTINGS = (
    Setting("load", "a tenth of the tokens", {"tokens_per_window": 20_000}, of_generated=True),
    Setting("load", "ten times the tokens", {"tokens_per_window": 2_000_000}, of_generated=True),
    Setting("model", "64 experts on 8 GPUs", _FEW, of_generated=True),
    Setting("model", "384 experts on 32 GPUs", _MANY, of_generated=True),
    Setting("deployment", "8 GPUs", {"num_gpus": 8}),
    Setting("deployment", "32 GPUs", {"num_gpus": 32}),
    Setting("deployment", "all GPUs in one node", {"num_nodes": 1}),
    Setting("deployment", "no redundant slot", {"redundant_slots_per_gpu": 0}),
    Setting("deployment", "4 redundant slots on every GPU", {"redundant_slots_per_gpu": 4}),
    Setting("timing", "intervals of 2 windows", {"interval_windows": 2}),
    Setting("timing", "intervals of 8 windows", {"interval_windows": 8}),
    Setting("timing", "4 windows are seen", {"history_windows": 4}),
    Setting("heterogeneity", "popularity to the power of 0.5", {"skew": 0.5}, of_generated=True),
    Setting("heterogeneity", "popularity to the power of 1.5", {"skew": 1.5}, of_generated=True),
    Setting("failures", "one GPU lost", {"lost_gpus": 1}),
    Setting("failures", "two GPUs lost", {"lost_gpus": 2}),
)

GENERATED = Variation("load", "generated loads", {}, keeps_file=False)  # of a log: other ones

UNVARIED: Mapping[str, str] = {
    "memory rule": "a slot holds one expert: there is no other rule",
    "loss in the middle of an episode": "the shape is told once, so GPUs are gone from the start",
    "GPUs of unequal speed": "a layer waits for the largest load, not for the slowest GPU",
}


def settings(is_logged: bool) -> Iterator[Setting]:
    """Those that mean something for a log of the user's own, or for generated loads."""
    return (s for s in SETTINGS if not (is_logged and s.of_generated))
