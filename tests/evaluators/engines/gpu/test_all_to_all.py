"""The modelled exchange, against a count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.engines.gpu.all_to_all import all_to_all_ms


def test_within_one_node_the_busiest_gpu_decides() -> None:
    reached = np.array([[True, False], [True, True], [True, False]])  # 3 tokens on GPU 0
    expected = 3 * 7168 * ((1 + 4 / 128) / 153e9 + 2 / 158e9)
    assert all_to_all_ms(reached, 1, 7168) == pytest.approx(1e3 * expected)


def test_between_nodes_a_token_is_sent_to_each_once() -> None:
    reached = np.zeros((100, 8), dtype=bool)
    reached[:, :4] = True  # every token on all four GPUs of node 0: 25 for each of its cards
    reached[:10, 4] = True
    per_card, per_gpu = 100 / 4, 100
    ways = [(1 + 4 / 128, 153e9, 58e9), (2.0, 158e9, 57e9)]
    expected = sum(
        7168 * number * max(per_gpu / nvlink, per_card / rdma) for number, nvlink, rdma in ways
    )
    assert all_to_all_ms(reached, 2, 7168) == pytest.approx(1e3 * expected)


def test_the_published_batch_takes_what_its_bandwidth_says() -> None:
    """32 GPUs of 4 nodes, 4,096 tokens each, every token on every node, one GPU of each."""
    reached = np.zeros((32 * 4096, 32), dtype=bool)
    for node in range(4):
        reached[np.arange(len(reached)), 8 * node + np.arange(len(reached)) % 8] = True
    bytes_per_card = 4 * 4096 * 7168  # every token of 8 GPUs' share, to 4 nodes
    expected = bytes_per_card * ((1 + 4 / 128) / 58e9 + 2 / 57e9)
    assert all_to_all_ms(reached, 4, 7168) == pytest.approx(1e3 * expected)
