"""A forward pass cut at its attentions: the stages between are replayed as CUDA graphs.

What attention reads changes its size with every token, so it stays outside; everything else of a
decode iteration depends on the number of its rows alone, and is captured for a few such numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from evaluators.engines.gpu.attention import PagedCache
from evaluators.engines.gpu.decoder import Decoder

Capture = Callable[[Callable[[], None]], Callable[[], None]]


@dataclass(slots=True)
class Flow:
    """The tensors of a forward pass of n rows, m of which emit."""

    tokens: torch.Tensor  # int64[n]
    positions: torch.Tensor  # int64[n]
    slots: torch.Tensor  # int64[n]
    emitting: torch.Tensor  # int64[m]
    query: torch.Tensor  # [n, heads, head_dim] for the attention to come
    attended: torch.Tensor  # [n, heads, head_dim] of the attention before
    logits: torch.Tensor  # float32[m, vocabulary]
    x: torch.Tensor | None = None  # [n, hidden], the residual stream


def flow_of(
    decoder: Decoder, tokens: torch.Tensor, positions: torch.Tensor, slots: torch.Tensor,
    emitting: torch.Tensor,
) -> Flow:  # fmt: skip
    """A flow with room for what is computed."""
    shape = decoder.shape
    heads = (tokens.shape[0], shape.heads, shape.head_dim)
    query, attended = (
        torch.zeros(heads, dtype=decoder.dtype, device=decoder.device) for _ in range(2)
    )
    logits = torch.zeros(emitting.shape[0], shape.vocabulary, device=decoder.device)
    return Flow(tokens, positions, slots, emitting, query, attended, logits)


def run_stage(decoder: Decoder, cache: PagedCache, index: int, flow: Flow) -> None:
    """What lies before the attention of layer `index`; of as many as there are layers, the end."""
    if index == 0:
        flow.x = decoder.embed(flow.tokens)
    else:
        flow.x = decoder.finish(index - 1, flow.x, flow.attended)
    if index < decoder.shape.layers:
        query, kv = decoder.project(index, flow.x, flow.positions)
        flow.query.copy_(query)
        cache.write(index, flow.slots, kv)
    else:
        flow.logits.copy_(decoder.logits(flow.x[flow.emitting]))


class CapturedDecode:
    """All stages for `rows` decoding requests, on tensors of their own.

    Rows beyond those in use compute token 0 at position 0 and write to the scratch block.
    """

    def __init__(self, decoder: Decoder, cache: PagedCache, rows: int, capture: Capture) -> None:
        tokens, positions, slots = (
            torch.zeros(rows, dtype=torch.int64, device=decoder.device) for _ in range(3)
        )
        every = torch.arange(rows, device=decoder.device)
        self.flow = flow_of(decoder, tokens, positions, slots, every)
        stages = range(decoder.shape.layers + 1)
        runs = [partial(run_stage, decoder, cache, i, self.flow) for i in stages]
        for run in runs:  # kernels are chosen and libraries started before anything is captured
            run()
        self._replays = [capture(run) for run in runs]

    def fill(self, tokens: torch.Tensor, positions: torch.Tensor, slots: torch.Tensor) -> None:
        """Take int64[n] each, n at most `rows`."""
        used = tokens.shape[0]
        for static, given in (
            (self.flow.tokens, tokens),
            (self.flow.positions, positions),
            (self.flow.slots, slots),
        ):
            static[:used] = given
            static[used:] = 0

    def stage(self, index: int) -> None:
        """As `run_stage`, on the own flow."""
        self._replays[index]()


def cuda_capture() -> Capture:
    """Captures a stage as a CUDA graph; all share one pool, and are replayed in order.

    By hand: the context manager `torch.cuda.graph` collects garbage before each of hundreds.
    """
    pool, stream = torch.cuda.graph_pool_handle(), torch.cuda.Stream()

    def capture(run: Callable[[], None]) -> Callable[[], None]:
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        with torch.cuda.stream(stream):
            graph.capture_begin(pool=pool)
            run()
            graph.capture_end()
        torch.cuda.synchronize()
        replay: Callable[[], None] = graph.replay
        return replay

    return capture


def run_again(run: Callable[[], None]) -> Callable[[], None]:
    """In place of a capture, where there are no graphs: the same tensors, computed anew."""
    return run
