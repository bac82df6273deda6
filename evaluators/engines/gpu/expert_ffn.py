"""Experts on a device: gate, up and down projections of many experts as grouped GEMMs.

down(silu(gate(x)) * up(x)) of one expert each, as in DeepSeek-V3 and Qwen3 (`modeling_*.py` of
transformers), in bf16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluators.engines.gpu.device import Device

ALIGNED = 8  # bf16 numbers in the 16 bytes that rows of a grouped GEMM are aligned to
_LEAST_CAPABILITY = (8, 0)  # of a GPU whose grouped GEMM PyTorch has

GroupedGemm = Callable[[Any, Any, Any], Any]  # x [rows, k], weights [groups, n, k], ends [groups]


@dataclass(frozen=True, slots=True)
class ExpertSizes:
    """One model's experts. Sizes of rows are multiples of `ALIGNED`."""

    hidden_size: int
    intermediate_size: int
    top_k: int

    @property
    def bytes_per_expert(self) -> int:
        """Of its three matrices in bf16."""
        return 3 * self.hidden_size * self.intermediate_size * 2


class Experts:
    """The weights of a layer's experts, drawn from a seed, and how a rank runs some of them.

    Where they do not all fit into `most_bytes`, expert e has the weights of e modulo those that do:
    times hang on shapes, not on whose numbers are multiplied.
    """

    def __init__(
        self, device: Device, num_experts: int, sizes: ExpertSizes, most_bytes: int, seed: int
    ) -> None:
        import torch

        self._torch: Any = torch
        self.sizes = sizes
        self.number = max(1, min(num_experts, most_bytes // sizes.bytes_per_expert))
        self.gemm_name, self._gemm = grouped_gemm(self._torch, device)
        generator = self._torch.Generator(device.place).manual_seed(seed)
        wide, narrow = 2 * sizes.intermediate_size, sizes.hidden_size
        self._gate_up = self._drawn(device, generator, wide, narrow)
        self._down = self._drawn(device, generator, narrow, sizes.intermediate_size)

    def _drawn(self, device: Device, generator: Any, rows: int, columns: int) -> Any:
        """bf16[number, rows, columns] of normal numbers that keep a product's scale."""
        torch = self._torch
        shape = (self.number, rows, columns)
        weights = torch.empty(shape, dtype=torch.bfloat16, device=device.place)
        for expert in weights:
            expert.normal_(0, columns**-0.5, generator=generator)
        return weights

    def held(self, experts: np.ndarray) -> tuple[Any, Any]:
        """The weights of a rank's slots, side by side as the rank would have them.

        Args:
            experts: int64[slots], the expert in each.
        """
        rows = self._torch.from_numpy(experts % self.number).to(self._gate_up.device)
        return self._gate_up[rows], self._down[rows]

    def run(self, x: Any, weights: tuple[Any, Any], ends: Any) -> Any:
        """bf16[rows, hidden]: every row through its slot's expert.

        Args:
            x: bf16[rows, hidden], slot by slot.
            weights: of the slots, as `held` gives them.
            ends: int32[slots], where a slot's rows end.
        """
        gate_up, down = weights
        gate, up = self._gemm(x, gate_up, ends).chunk(2, dim=1)
        return self._gemm(self._torch.nn.functional.silu(gate) * up, down, ends)

    def reference(self, x: Any, expert: int) -> Any:
        """float32[rows, hidden]: rows through one expert, densely, in single precision."""
        row = expert % self.number
        gate, up = (x.float() @ self._gate_up[row].float().T).chunk(2, dim=1)
        return (self._torch.nn.functional.silu(gate) * up) @ self._down[row].float().T


def grouped_gemm(torch: Any, device: Device) -> tuple[str, GroupedGemm]:
    """The grouped GEMM that there is, and its name: PyTorch's own from 2.10 on, else one by one."""
    is_able = not device.is_gpu or torch.cuda.get_device_capability(device.place) >= (
        _LEAST_CAPABILITY
    )
    if hasattr(torch.nn.functional, "grouped_mm") and is_able:
        return (
            "torch.nn.functional.grouped_mm",
            lambda x, weights, ends: torch.nn.functional.grouped_mm(
                x, weights.transpose(1, 2), offs=ends
            ),
        )
    return "a GEMM for every slot", lambda x, weights, ends: one_by_one(torch, x, weights, ends)


def one_by_one(torch: Any, x: Any, weights: Any, ends: Any) -> Any:
    """[rows, n]: the same as a grouped GEMM, with one GEMM for every group."""
    stops = ends.tolist()
    starts = [0, *stops[:-1]]
    parts = [
        x[start:stop] @ w.T for start, stop, w in zip(starts, stops, weights, strict=True)
    ]  # fmt: skip
    return torch.cat(parts)
