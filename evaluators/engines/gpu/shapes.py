"""Shapes of decoders whose weights are random: how much is computed matters, not what is said."""

from __future__ import annotations

from dataclasses import dataclass

from evaluators.errors import UsageError, nearest_hint

VALUE_BYTES = 2  # bf16


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder with grouped-query attention, RMS norms, rotary positions and gated MLPs."""

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp: int
    vocabulary: int
    context_tokens: int  # positions that a request may have

    @property
    def parameters(self) -> int:
        """Weights, embedding and head apart."""
        attention = self.hidden * self.head_dim * 2 * (self.heads + self.kv_heads)
        layer = attention + 3 * self.hidden * self.mlp + 2 * self.hidden
        return self.layers * layer + 2 * self.vocabulary * self.hidden + self.hidden

    @property
    def kv_token_bytes(self) -> int:
        """Bytes of KV cache that a token takes in bf16."""
        return VALUE_BYTES * 2 * self.layers * self.kv_heads * self.head_dim


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("8b", 32, 4096, 32, 8, 128, 14_336, 128_256, 131_072),  # Llama 3 8B
        Shape("1b", 16, 2048, 32, 8, 64, 8192, 128_256, 131_072),  # Llama 3.2 1B
        Shape("tiny", 2, 64, 4, 2, 16, 128, 512, 4096),  # for tests and processors
    )
}


def shape_named(name: str) -> Shape:
    """Raises UsageError for an unknown name."""
    if name not in SHAPES:
        raise UsageError(f"unknown model {name!r}", nearest_hint(name, SHAPES))
    return SHAPES[name]
