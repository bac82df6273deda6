"""Experts on the CPU by the code that runs on a GPU, with tiny shapes, against a dense layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evaluators.engines.gpu import expert_ffn
from evaluators.engines.gpu.device import Device
from evaluators.engines.gpu.expert_ffn import Experts, ExpertSizes, grouped_gemm, one_by_one
from evaluators.engines.gpu.expert_layer import MOST_ERROR, Deployment, ExpertLayer
from evaluators.engines.gpu.expert_routing import dispatch, draw_experts
from evaluators.engines.gpu.outputs import WrongOutputError

pytestmark = pytest.mark.torch

SIZES = ExpertSizes(hidden_size=16, intermediate_size=24, top_k=2)
HERE = Deployment(num_experts=6, num_slots=9, num_gpus=3, num_nodes=1, tokens_per_gpu=5)
PLACEMENT = np.array([0, 1, 2, 3, 4, 5, 0, 0, 3])
LOAD = np.array([50.0, 1.0, 2.0, 20.0, 4.0, 0.0])


def test_what_the_ranks_give_adds_up_to_the_dense_layer(torch: Any, device: Device) -> None:
    layer = ExpertLayer(device, SIZES, HERE)
    experts = draw_experts(LOAD, HERE.num_tokens, SIZES.top_k, np.random.default_rng(0))
    weights = torch.rand(HERE.num_tokens, SIZES.top_k)
    sent = dispatch(experts, PLACEMENT)
    combined = torch.zeros(HERE.num_tokens, SIZES.hidden_size)
    for gpu in range(HERE.num_gpus):
        subject = layer.subject(PLACEMENT, sent, gpu)
        copies, _ = sent.slots(gpu * HERE.slots_per_gpu, (gpu + 1) * HERE.slots_per_gpu)
        if subject is None:
            assert sent.tokens[copies].size == 0
            continue
        output = subject.work(subject.prepare())
        scale = weights[sent.tokens[copies], sent.choices[copies]][:, None]
        combined.index_add_(0, torch.from_numpy(sent.tokens[copies]), scale * output.float())
    dense = torch.stack([
        sum(
            weights[t, k] * layer.experts.reference(layer.tokens[t : t + 1], int(e))[0]
            for k, e in enumerate(row)
        )
        for t, row in enumerate(experts)
    ])  # fmt: skip
    assert ((combined - dense).norm(dim=1) / dense.norm(dim=1)).max() < MOST_ERROR


def test_a_measurement_has_a_time_for_every_rank(device: Device) -> None:
    layer = ExpertLayer(device, SIZES, HERE)
    lonely = np.array([0, 1, 2, 3, 4, 4, 5, 5, 5])  # the last rank has the expert without load
    found = layer.measure(
        {"a": PLACEMENT, "b": lonely}, LOAD, np.random.default_rng(0), rounds=2
    )  # fmt: skip
    assert set(found) == {"a", "b"}
    for time in found.values():
        assert sum(time.copies) == HERE.num_tokens * SIZES.top_k
        assert [ms > 0 for ms in time.ranks_ms] == [n > 0 for n in time.copies]
        assert time.total_ms == max(time.ranks_ms) + time.exchange_ms
        assert time.drift >= 0
    assert found["b"].copies[2] == 0


def test_two_placements_meet_the_same_tokens(device: Device) -> None:
    layer = ExpertLayer(device, SIZES, HERE)
    once = layer.measure({"a": PLACEMENT}, LOAD, np.random.default_rng(3), rounds=1)
    other = layer.measure({"b": PLACEMENT}, LOAD, np.random.default_rng(3), rounds=1)
    assert once["a"].copies == other["b"].copies
    assert once["a"].exchange_ms == other["b"].exchange_ms


def test_a_load_of_nothing_is_an_even_one(device: Device) -> None:
    layer = ExpertLayer(device, SIZES, HERE)
    found = layer.measure({"a": PLACEMENT}, 0 * LOAD, np.random.default_rng(0), rounds=1)
    assert sum(found["a"].copies) == HERE.num_tokens * SIZES.top_k


def test_wrong_weights_are_noticed(
    torch: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = ExpertLayer(device, SIZES, HERE)
    held = layer.experts.held
    monkeypatch.setattr(layer.experts, "held", lambda slots: held((slots + 1) % 6))
    with pytest.raises(WrongOutputError, match="differs from its reference"):
        layer.measure({"a": PLACEMENT}, LOAD, np.random.default_rng(0), rounds=1)
    layer.experts._down.zero_()
    with pytest.raises(WrongOutputError, match="zero everywhere"):
        layer.measure({"a": PLACEMENT}, LOAD, np.random.default_rng(0), rounds=1)


def test_grouped_and_one_by_one_agree(torch: Any, device: Device) -> None:
    name, grouped = grouped_gemm(torch, device)
    assert name == "torch.nn.functional.grouped_mm"
    x = torch.randn(10, 16, dtype=torch.bfloat16)
    weights = torch.randn(4, 24, 16, dtype=torch.bfloat16)
    ends = torch.tensor([3, 3, 9, 10], dtype=torch.int32)  # the second has no row
    assert torch.allclose(
        grouped(x, weights, ends).float(), one_by_one(torch, x, weights, ends).float(), rtol=0.02
    )


def test_an_older_pytorch_multiplies_one_by_one(
    torch: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("torch.nn.functional.grouped_mm")
    layer = ExpertLayer(device, SIZES, HERE)
    assert layer.experts.gemm_name == "a GEMM for every slot"
    assert layer.measure({"a": PLACEMENT}, LOAD, np.random.default_rng(0), rounds=1)


def test_experts_that_do_not_fit_share_weights(device: Device) -> None:
    room = 2 * SIZES.bytes_per_expert + 1
    experts = Experts(device, 6, SIZES, room, seed=0)
    assert experts.number == 2
    first, third = (experts.held(np.array([e]))[0] for e in (0, 2))
    assert first.equal(third)
    assert expert_ffn.ALIGNED == 8
