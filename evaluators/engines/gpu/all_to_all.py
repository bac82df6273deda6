"""What the exchange of tokens between GPUs takes: modelled, for there is one GPU.

Model: as DeepEP's normal kernels do it (github.com/deepseek-ai/DeepEP, docs/legacy.md), a token is
sent once to every node that has one of its experts, over the network card of its GPU there, and is
handed on inside that node over NVLink, once to every GPU. Both go on at once, so the slower one
counts; the busiest node and the busiest GPU decide. Tokens start out evenly spread. They are sent
with 8 bits a number and a 32-bit scale for every 128, and come back in bf16.

Bandwidths are those measured there on H800 GPUs with 400 Gb/s cards, 4,096 tokens of 7,168 numbers
per GPU, top 8: 32 GPUs over RDMA, 8 GPUs over NVLink. What is left out: the fixed latency, which
is the same for every placement, and overlap with the experts' own work.
"""

from __future__ import annotations

import numpy as np

RDMA_BYTES_PER_S = {"dispatch": 58e9, "combine": 57e9}
NVLINK_BYTES_PER_S = {"dispatch": 153e9, "combine": 158e9}
BYTES_PER_NUMBER = {"dispatch": 1 + 4 / 128, "combine": 2.0}


def all_to_all_ms(reached: np.ndarray, num_nodes: int, hidden_size: int) -> float:
    """Milliseconds of dispatch and combine of one layer.

    Args:
        reached: bool[tokens, gpus], which GPUs a token goes to.
        num_nodes: nodes, each with an equal block of the GPUs.
        hidden_size: numbers of a token.
    """
    num_tokens, num_gpus = reached.shape
    per_gpu = reached.sum(axis=0).max()
    nodes = reached.reshape(num_tokens, num_nodes, -1).any(axis=2)
    per_card = nodes.sum(axis=0).max() * num_nodes / num_gpus if num_nodes > 1 else 0.0
    seconds = 0.0
    for way, number_bytes in BYTES_PER_NUMBER.items():
        token_bytes = hidden_size * number_bytes
        slowest = max(per_gpu / NVLINK_BYTES_PER_S[way], per_card / RDMA_BYTES_PER_S[way])
        seconds += token_bytes * slowest
    return float(1e3 * seconds)
