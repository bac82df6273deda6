"""Iterations computed by PyTorch on one device: paged KV cache, chunks and decodes together.

A token is chosen greedily, by the largest logit. An iteration ends when the chosen tokens are on
the host, so its time is that of a synchronous engine: the host's work, launches and kernels.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch.nn.attention import sdpa_kernel

from evaluators.engines.gpu.attention import KERNELS, Attention, PagedCache
from evaluators.engines.gpu.blocks import BLOCK_TOKENS, BlockTables
from evaluators.engines.gpu.decoder import Decoder
from evaluators.engines.gpu.iteration import Iteration
from evaluators.engines.gpu.layout import Layout, layout_of
from evaluators.engines.gpu.shapes import Shape
from evaluators.engines.gpu.stages import (
    Capture,
    CapturedDecode,
    Flow,
    cuda_capture,
    flow_of,
    run_again,
    run_stage,
)

MEMORY_SHARE = 0.85  # of what is free after the weights, for the KV cache
MOST_KV_TOKENS = 400_000  # a cache need not be larger than the workloads' memory


def captured_sizes(most: int) -> list[int]:
    """Numbers of rows that stages are captured for: powers of two, from 16 on every sixteenth."""
    return [1, 2, 4, 8, *range(16, most + 16, 16)]


class TorchEngine:
    """An `Engine` on a GPU or a processor.

    `graphs`: whether pure decode iterations are replayed as CUDA graphs; without a GPU the same
    code runs without capture. Raises RuntimeError when an output is not finite: a fault of ours.
    """

    def __init__(
        self,
        shape: Shape,
        device: torch.device,
        *,
        kv_capacity_tokens: int = 0,
        max_running: int = 256,
        graphs: bool = True,
        seed: int = 0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`kv_capacity_tokens` 0: as many as the device has memory for."""
        self.shape, self.max_running = shape, max_running
        self._device = device
        self._clock = clock
        self._seed = seed
        with torch.inference_mode():
            self._decoder = Decoder(shape, self._device, seed)
            self.kv_capacity_tokens = kv_capacity_tokens or self._kv_tokens_that_fit()
            # every request's last block may be all but empty
            blocks = -(-self.kv_capacity_tokens // BLOCK_TOKENS) + max_running + 1
            rng = torch.Generator(self._device).manual_seed(seed + 1)
            self._cache = PagedCache(shape, blocks, self._decoder.dtype, rng)
        self._tables = BlockTables(blocks)
        self._tokens: dict[int, array[int]] = {}
        self._prompt_tokens = np.zeros(0, dtype=np.int64)
        self.graphs = graphs
        self._capture: Capture = cuda_capture() if self._device.type == "cuda" else run_again
        self._captured: dict[int, CapturedDecode] = {}
        self._sizes = captured_sizes(max_running)

    def _kv_tokens_that_fit(self) -> int:
        if self._device.type != "cuda":
            return self.shape.context_tokens
        free_bytes, _ = torch.cuda.mem_get_info(self._device)
        return min(MOST_KV_TOKENS, int(MEMORY_SHARE * free_bytes) // self.shape.kv_token_bytes)

    def begin(self, prompt_tokens: np.ndarray) -> None:
        self._tables.release_all()
        self._tokens.clear()
        self._prompt_tokens = prompt_tokens

    def release(self, request: int) -> None:
        self._tables.release(request)

    def execute(self, iteration: Iteration) -> float:
        began_s = self._clock()
        self._emit(iteration)
        return self._clock() - began_s

    def _emit(self, iteration: Iteration) -> None:
        """Compute it, check what comes out, and append what each request emits to its tokens."""
        logits, layout = self.compute(iteration)
        largest, chosen = (part.tolist() for part in logits.max(dim=-1))
        if not all(0 < value < float("inf") for value in largest):
            raise RuntimeError(f"the largest logits are {largest}, expected positive, finite ones")
        for (request, number), token in zip(layout.emits, chosen, strict=True):
            self._tokens[request][number:] = array("q", (token,))

    def tokens(self, request: int) -> array[int]:
        """Its prompt, drawn at random when it is first looked at, and what it has emitted."""
        if request not in self._tokens:
            rng = np.random.default_rng((self._seed, request))
            prompt = rng.integers(self.shape.vocabulary, size=self._prompt_tokens[request])
            self._tokens[request] = array("q", prompt.tobytes())
        return self._tokens[request]

    def assume(self, request: int, tokens: array[int]) -> None:
        """Take these as its tokens."""
        self._tokens[request] = tokens

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def compute(self, iteration: Iteration) -> tuple[torch.Tensor, Layout]:
        """float32[m, vocabulary] logits of what emits, in the order of the layout's `emits`."""
        for request in iteration.requests():
            self.tokens(request)
        layout = layout_of(iteration, self._tables, self._tokens)
        tokens, positions, slots, emitting, blocks = self._on_device(layout)
        attention = Attention(layout, positions, blocks, self._decoder.dtype)
        if self.graphs and not iteration.chunks:
            captured = self._captured_for(len(iteration.decodes))
            captured.fill(tokens, positions, slots)
            logits = self._run(captured.flow, captured.stage, attention)
            return logits[: len(iteration.decodes)], layout
        flow = flow_of(self._decoder, tokens, positions, slots, emitting)
        return self._run(flow, partial(self._stage, flow), attention), layout

    def _stage(self, flow: Flow, index: int) -> None:
        run_stage(self._decoder, self._cache, index, flow)

    def _on_device(self, layout: Layout) -> tuple[torch.Tensor, ...]:
        """tokens, positions, slots, emitting, gathered: in one transfer."""
        parts = (layout.tokens, layout.positions, layout.slots, layout.emitting, layout.gathered)
        packed = torch.from_numpy(np.concatenate(parts)).to(self._device)
        split: tuple[torch.Tensor, ...] = packed.split([part.size for part in parts])
        return split

    def _run(self, flow: Flow, stage: Callable[[int], None], attention: Attention) -> torch.Tensor:
        with sdpa_kernel(KERNELS):
            for index in range(self.shape.layers):
                stage(index)
                attention(flow.query, self._cache, index, flow.attended)
        stage(self.shape.layers)
        return flow.logits

    def _captured_for(self, rows: int) -> CapturedDecode:
        size = next(s for s in self._sizes if s >= rows)
        if size not in self._captured:
            self._captured[size] = CapturedDecode(self._decoder, self._cache, size, self._capture)
        return self._captured[size]

    def capture_all(self) -> None:
        """Capture every size ahead, so that no iteration of an episode waits for it."""
        if self.graphs:
            with torch.inference_mode():
                for size in self._sizes:
                    self._captured_for(size)
