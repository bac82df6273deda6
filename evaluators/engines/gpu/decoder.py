"""A decoder with random weights, in pieces: what comes before attention, and what after.

Pre-norm layers as in Llama 3: RMS norm, rotary positions (halves rotated), grouped-query attention,
gated MLP. Weights are drawn so that every activation stays near unit scale: normal with deviation
1 / sqrt(inputs), and what a layer adds to the residual stream divided by sqrt(2 * layers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from evaluators.engines.gpu.shapes import Shape

NORM_EPSILON = 1e-5
ROTARY_BASE = 500_000.0


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one layer; matrices are [outputs, inputs]."""

    attention_norm: torch.Tensor
    qkv: torch.Tensor  # queries of all heads, then keys, then values
    out: torch.Tensor
    mlp_norm: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor


class Decoder:
    """Weights on `device`, drawn from `seed`: bf16 on a GPU, float32 on a processor."""

    def __init__(self, shape: Shape, device: torch.device, seed: int = 0) -> None:
        self.shape, self.device = shape, device
        self.dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self._rng = torch.Generator(device).manual_seed(seed)
        self.embedding = self._normal(shape.vocabulary, shape.hidden, 1.0)
        self.layers = [self._layer() for _ in range(shape.layers)]
        self.norm = self._ones()
        self.head = self._normal(shape.vocabulary, shape.hidden, shape.hidden**-0.5)
        self._cos, self._sin = self._rotations()

    def _normal(self, outputs: int, inputs: int, deviation: float) -> torch.Tensor:
        drawn = torch.empty(outputs, inputs, dtype=self.dtype, device=self.device)
        return drawn.normal_(0.0, deviation, generator=self._rng)

    def _ones(self) -> torch.Tensor:
        return torch.ones(self.shape.hidden, dtype=self.dtype, device=self.device)

    def _layer(self) -> Layer:
        shape = self.shape
        hidden, width = shape.hidden, shape.heads * shape.head_dim
        rows = width + 2 * shape.kv_heads * shape.head_dim
        added = 1 / math.sqrt(2 * shape.layers)
        return Layer(
            self._ones(),
            self._normal(rows, hidden, hidden**-0.5),
            self._normal(hidden, width, added * width**-0.5),
            self._ones(),
            self._normal(2 * shape.mlp, hidden, hidden**-0.5),
            self._normal(hidden, shape.mlp, added * shape.mlp**-0.5),
        )

    def _rotations(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines, [positions, 1, head_dim / 2] each."""
        half = self.shape.head_dim // 2
        steps = torch.arange(half, device=self.device, dtype=torch.float64) / half
        positions = torch.arange(self.shape.context_tokens, device=self.device).double()
        angles = positions[:, None, None] * ROTARY_BASE**-steps
        return angles.cos().to(self.dtype), angles.sin().to(self.dtype)

    def embed(self, tokens: torch.Tensor) -> torch.Tensor:
        """[n, hidden] of int64[n]."""
        return functional.embedding(tokens, self.embedding)

    def project(
        self, index: int, x: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Queries [n, heads, head_dim] and keys with values [n, 2, kv_heads, head_dim]."""
        layer, shape = self.layers[index], self.shape
        projected = functional.linear(self._normed(x, layer.attention_norm), layer.qkv)
        by_head = projected.view(x.shape[0], -1, shape.head_dim)
        turned = shape.heads + shape.kv_heads
        rotated = self._rotate(by_head[:, :turned], positions)
        kv = torch.stack((rotated[:, shape.heads :], by_head[:, turned:]), dim=1)
        return rotated[:, : shape.heads], kv

    def _rotate(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        cos, sin = self._cos[positions], self._sin[positions]
        a, b = x.chunk(2, dim=-1)
        return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)

    def finish(self, index: int, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """The layer's output [n, hidden] from its input and attention [n, heads, head_dim]."""
        layer = self.layers[index]
        x = x + functional.linear(attended.flatten(1), layer.out)
        gate, up = functional.linear(self._normed(x, layer.mlp_norm), layer.gate_up).chunk(2, -1)
        return x + functional.linear(functional.silu(gate) * up, layer.down)

    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """[n, vocabulary]."""
        return functional.linear(self._normed(x, self.norm), self.head)

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, (self.shape.hidden,), weight, NORM_EPSILON)
