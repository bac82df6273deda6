"""Attention over a paged KV cache by PyTorch's `scaled_dot_product_attention`.

The blocks that an iteration attends to are gathered once per layer. A decoding request's heads that
share keys are the rows of one small attention problem, so that keys are not copied per head; a
chunk attends causally, aligned to its end.
"""

from __future__ import annotations

import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend
from torch.nn.attention.bias import causal_lower_right

from evaluators.engines.gpu.blocks import BLOCK_TOKENS
from evaluators.engines.gpu.layout import Layout, Span
from evaluators.engines.gpu.shapes import Shape

# cuDNN's attention plans anew for every shape, and lengths change from iteration to iteration
KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class PagedCache:
    """Keys and values of all layers, [blocks, BLOCK_TOKENS, 2, kv_heads, head_dim] each.

    It begins with random values, so that nothing is ever timed on zeros.
    """

    def __init__(self, shape: Shape, blocks: int, dtype: torch.dtype, rng: torch.Generator) -> None:
        size = (blocks, BLOCK_TOKENS, 2, shape.kv_heads, shape.head_dim)
        self._layers = [
            torch.empty(size, dtype=dtype, device=rng.device).normal_(generator=rng)
            for _ in range(shape.layers)
        ]

    def write(self, layer: int, slots: torch.Tensor, kv: torch.Tensor) -> None:
        """Keep [n, 2, kv_heads, head_dim] in int64[n] slots."""
        self._layers[layer].flatten(0, 1).index_copy_(0, slots, kv)

    def gather(self, layer: int, blocks: torch.Tensor) -> torch.Tensor:
        """[b * BLOCK_TOKENS, 2, kv_heads, head_dim] of int64[b] blocks."""
        return self._layers[layer].index_select(0, blocks).flatten(0, 1)


class Attention:
    """One iteration's attention, the same in every layer."""

    def __init__(self, layout: Layout, positions: torch.Tensor, blocks: torch.Tensor,
                 dtype: torch.dtype) -> None:  # fmt: skip
        self._layout, self._blocks = layout, blocks
        self._masks = [
            _mask(positions[g.first : g.first + g.size], g.blocks * BLOCK_TOKENS, dtype)
            for g in layout.groups
        ]

    def __call__(
        self, query: torch.Tensor, cache: PagedCache, layer: int, out: torch.Tensor
    ) -> None:
        """From [n, heads, head_dim] queries to `out` of the same shape."""
        kv = cache.gather(layer, self._blocks)
        at = 0
        for group, mask in zip(self._layout.groups, self._masks, strict=True):
            rows = slice(group.first, group.first + group.size)
            tokens = group.size * group.blocks * BLOCK_TOKENS
            out[rows] = _decode(query[rows], kv[at : at + tokens], mask)
            at += tokens
        for span in self._layout.spans:
            rows = slice(span.first, span.first + span.tokens)
            out[rows] = _chunk(query[rows], kv[at : at + span.start + span.tokens], span)
            at += span.blocks * BLOCK_TOKENS


def _mask(positions: torch.Tensor, tokens: int, dtype: torch.dtype) -> torch.Tensor:
    """[size, 1, 1, tokens]: 0 where a request has a token, itself among them, else -infinity."""
    beyond = torch.arange(tokens, device=positions.device) > positions[:, None]
    mask = torch.zeros(beyond.shape, dtype=dtype, device=positions.device)
    return mask.masked_fill_(beyond, float("-inf"))[:, None, None, :]


def _decode(query: torch.Tensor, kv: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """[size, heads, head_dim] over [size * tokens, 2, kv_heads, head_dim]."""
    size = query.shape[0]
    keys, values = kv.view(size, -1, *kv.shape[1:]).permute(2, 0, 3, 1, 4)
    by_kv_head = query.view(size, kv.shape[2], -1, query.shape[-1])
    attended = functional.scaled_dot_product_attention(by_kv_head, keys, values, mask)
    return attended.reshape(query.shape)


def _chunk(query: torch.Tensor, kv: torch.Tensor, span: Span) -> torch.Tensor:
    """[tokens, heads, head_dim] over [start + tokens, 2, kv_heads, head_dim]."""
    keys, values = kv.permute(1, 2, 0, 3)[:, None]
    causal = causal_lower_right(span.tokens, span.start + span.tokens)
    attended = functional.scaled_dot_product_attention(
        query.transpose(0, 1)[None], keys, values, causal, enable_gqa=True
    )
    return attended[0].transpose(0, 1)
