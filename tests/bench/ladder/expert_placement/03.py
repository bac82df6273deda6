"""Packed twice, at the start and once more where the first slot tells so, by recent windows."""

import numpy as np


def replicate(weight, num_slots):
    """Expert of every slot, int64[rows, slots]: each extra slot goes to the heaviest replica."""
    num_rows, num_experts = weight.shape
    rows = np.arange(num_rows)
    count = np.ones((num_rows, num_experts))
    expert = np.tile(np.arange(num_slots) % num_experts, (num_rows, 1))
    for slot in range(num_experts, num_slots):
        hottest = np.argmax(weight / count, axis=1)
        expert[:, slot] = hottest
        count[rows, hottest] += 1
    return expert, count


def pack(weight, num_packs):
    """Pack of every item, int64[rows, items]: heaviest first to the lightest pack with room."""
    num_rows, num_items = weight.shape
    rows = np.arange(num_rows)
    room = np.full((num_rows, num_packs), num_items // num_packs)
    total = np.zeros((num_rows, num_packs))
    chosen = np.empty((num_rows, num_items), dtype=np.int64)
    for item in np.argsort(-weight, axis=1, kind="stable").T:
        lightest = np.argmin(total, axis=1)
        chosen[rows, item] = lightest
        room[rows, lightest] -= 1
        is_full = room[rows, lightest] == 0
        total[rows, lightest] += np.where(is_full, np.inf, weight[rows, item])
    return chosen


def rebalance_experts(load, num_replicas, num_groups, num_nodes, num_gpus, previous):
    if previous[0, 0] >= 3:
        return previous
    age = np.arange(len(load))[::-1]
    weight = np.average(load, axis=0, weights=0.71**age)
    expert, count = replicate(weight, num_replicas)
    slot_weight = np.take_along_axis(weight / count, expert, axis=1)
    gpu = pack(slot_weight, num_gpus)
    by_gpu = np.argsort(gpu, axis=1, kind="stable")
    return np.take_along_axis(expert, by_gpu, axis=1)
