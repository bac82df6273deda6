"""What the device computes is what an unbatched decoder computes, however it is cut and batched."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluators.engines.gpu.clock import VirtualClock
from evaluators.engines.gpu.iteration import Chunk, Decode, Iteration
from evaluators.engines.gpu.real_time import RealTimeEngine
from evaluators.engines.gpu.shapes import SHAPES
from evaluators.engines.serving import GENERATED, PREEMPTIONS, Requests
from tests.evaluators.engines.drivers import engine_with, plan_of, random_policy, requests_of

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
pytestmark = pytest.mark.torch
torch.set_num_threads(1)  # tiny shapes: threads would only wait for each other

TINY = SHAPES["tiny"]
KV_TOKENS = 4096


def engine_of(**changes: object):  # type: ignore[no-untyped-def]
    from evaluators.engines.gpu.torch_engine import TorchEngine

    options = {"kv_capacity_tokens": KV_TOKENS, "max_running": 20, **changes}
    return TorchEngine(TINY, torch.device("cpu"), **options)  # type: ignore[arg-type]


ENGINES = {graphs: engine_of(graphs=graphs) for graphs in (True, False)}


def reference_logits(decoder, tokens):  # type: ignore[no-untyped-def]
    """float32[tokens, vocabulary] of one request alone, by matrix products over all its tokens."""
    shape = decoder.shape
    count = len(tokens)
    half = shape.head_dim // 2
    frequency = 500_000.0 ** -(torch.arange(half, dtype=torch.float64) / half)
    turn = torch.polar(
        torch.ones(count, half, dtype=torch.float64),
        torch.arange(count, dtype=torch.float64)[:, None] * frequency,
    )
    future = torch.ones(count, count, dtype=torch.bool).triu(1)

    def normed(x, weight):  # type: ignore[no-untyped-def]
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5) * weight

    def turned(x):  # type: ignore[no-untyped-def]
        pairs = torch.complex(x[..., :half].double(), x[..., half:].double()) * turn[:, None]
        return torch.cat((pairs.real, pairs.imag), -1).float()

    x = decoder.embedding[torch.tensor(tokens)]
    for layer in decoder.layers:
        qkv = (normed(x, layer.attention_norm) @ layer.qkv.T).view(count, -1, shape.head_dim)
        q, k, v = qkv.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
        shared = shape.heads // shape.kv_heads
        q, k, v = turned(q), turned(k).repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        scores = torch.einsum("qhd,khd->hqk", q, k) * shape.head_dim**-0.5
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        x = x + torch.einsum("hqk,khd->qhd", weights, v).reshape(count, -1) @ layer.out.T
        gate, up = (normed(x, layer.mlp_norm) @ layer.gate_up.T).chunk(2, -1)
        x = x + (gate * torch.sigmoid(gate) * up) @ layer.down.T
    return normed(x, decoder.norm) @ decoder.head.T


class Recording:
    """Executes iterations and keeps the logits of all that was emitted."""

    def __init__(self, engine) -> None:  # type: ignore[no-untyped-def]
        self.engine = engine
        self.kv_capacity_tokens, self.max_running = engine.kv_capacity_tokens, engine.max_running
        self.emitted: list[tuple[int, int, object]] = []

    def begin(self, prompt_tokens: np.ndarray) -> None:
        self.engine.begin(prompt_tokens)

    def release(self, request: int) -> None:
        self.engine.release(request)

    def execute(self, iteration: Iteration) -> float:
        with torch.inference_mode():
            logits, layout = self.engine.compute(iteration)
            logits = logits.clone()
        for (request, number), row in zip(layout.emits, logits, strict=True):
            self.emitted.append((request, number, row))
        return self.engine.execute(iteration)  # again: computing twice changes nothing

    def assert_equal_to_reference(self) -> None:
        assert self.emitted
        with torch.inference_mode():
            for request in {r for r, _, _ in self.emitted}:
                tokens = self.engine.tokens(request)
                expected = reference_logits(self.engine._decoder, list(tokens))
                for r, number, logits in self.emitted:
                    if r == request:
                        torch.testing.assert_close(
                            logits, expected[number - 1], rtol=1e-4, atol=1e-4
                        )


@st.composite
def few_requests(draw: st.DrawFn) -> Requests:
    """Prompts around the sizes of blocks, and some of many blocks."""
    count = draw(st.integers(1, 6))
    sizes = st.one_of(st.integers(1, 40), st.integers(500, 700))
    prompt = draw(st.lists(sizes, min_size=count, max_size=count))
    output = draw(st.lists(st.integers(1, 20), min_size=count, max_size=count))
    return requests_of([0.0] * count, prompt, output)


@settings(max_examples=15)
@given(few_requests(), st.integers(0, 2**32), st.booleans(), st.integers(0, 200))
def test_batched_paged_chunked_logits_equal_the_unbatched_reference(
    requests: Requests, seed: int, graphs: bool, room: int
) -> None:
    """Any plans: chunks of any size, decodes beside them, preemptions and orders."""
    longest = int((requests.prompt_tokens + requests.output_tokens).max())
    device = Recording(ENGINES[graphs])
    cost = engine_with(longest + room, 20)
    engine = RealTimeEngine(device, VirtualClock(), cost, requests, 1000.0, (), 200)
    decide = random_policy(seed)
    while engine.run():
        plan = decide(engine)
        engine.apply(dataclasses.replace(plan, timer_s=0.0, admit=max(1, plan.admit)))
    assert np.array_equal(engine.progress[GENERATED], requests.output_tokens)
    device.assert_equal_to_reference()


def test_a_preempted_request_says_the_same_again() -> None:
    requests = requests_of([0.0, 0.0], [100, 100], [60, 60])
    device = Recording(ENGINES[True])
    engine = RealTimeEngine(device, VirtualClock(), engine_with(220, 20), requests, 1000.0)
    while engine.run():
        engine.apply(plan_of(engine, prefill_tokens_per_iteration=64, decode_first=True))
    assert engine.progress[PREEMPTIONS].tolist() == [0, 1]
    assert [len(ENGINES[True].tokens(r)) for r in (0, 1)] == [160, 160]
    device.assert_equal_to_reference()


def test_rows_of_padding_write_nowhere_that_is_read() -> None:
    """Three decodes are computed as four rows: the fourth must not change anybody's cache."""
    engine = engine_of()
    engine.begin(np.array([17, 33, 5]))
    engine.execute(Iteration([Chunk(r, 0, n, True) for r, n in enumerate((17, 33, 5))], []))
    device = Recording(engine)
    for step in range(3):
        device.execute(Iteration([], [Decode(r, n + step) for r, n in enumerate((17, 33, 5))]))
    device.assert_equal_to_reference()


def test_a_release_gives_back_every_block() -> None:
    engine = engine_of()
    free = engine._tables.free
    engine.begin(np.array([100]))
    engine.execute(Iteration([Chunk(0, 0, 100, True)], []))
    assert engine._tables.free == free - 7
    engine.release(0)
    assert engine._tables.free == free


def test_a_full_cache_of_uneven_requests_fits() -> None:
    """As many requests as may run, each with an all but empty last block."""
    engine = engine_of(kv_capacity_tokens=20 * 17)
    engine.begin(np.full(20, 17))
    engine.execute(Iteration([Chunk(r, 0, 17, True) for r in range(20)], []))
    assert engine._tables.free >= 0


def test_an_output_that_is_not_finite_is_a_fault() -> None:
    engine = engine_of()
    with torch.inference_mode():
        engine._decoder.head.fill_(float("nan"))
    engine.begin(np.array([4]))
    with pytest.raises(RuntimeError, match="finite"):
        engine.execute(Iteration([Chunk(0, 0, 4, True)], []))


def test_activations_stay_near_unit_scale() -> None:
    decoder = ENGINES[True]._decoder
    with torch.inference_mode():
        logits = reference_logits(decoder, list(range(64)))
    assert 0.3 < float(logits.std()) < 3.0
