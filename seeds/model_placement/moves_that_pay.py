"""From the previous placement, the move or exchange that gains most per GB, while it pays.

A step concerns a model of the fullest GPU and gains the logarithm of the largest pressure before
over that after; it is paid in the share of all weights that is moved. Source: descent over moves
and exchanges as in local_search; that a placement is left only where the gain is worth the transfer
is the rule of rebalancing for experts (xLLM, arXiv:2510.14686) and of locality-aware placement
(BlockLLM). Own code.
"""

import math

LEAST_GAIN = 0.5  # of ln pressure for moving all weights once, in proportion for a part of them


def steps(full, placed, num_gpus):
    """Moves of a model from the fullest GPU, and exchanges with one elsewhere: {model: GPU}."""
    for model in [m for m, gpu in enumerate(placed) if gpu == full]:
        for gpu in range(num_gpus):
            if gpu != full:
                yield {model: gpu}
        for other, gpu in enumerate(placed):
            if gpu != full:
                yield {model: gpu, other: full}


def pressures(placed, num_gpus, memory, size, load):
    on_gpu, free = [0.0] * num_gpus, [memory] * num_gpus
    for gpu, s, w in zip(placed, size, load):
        on_gpu[gpu] += w
        free[gpu] -= s
    return [w / f if f > 0 else math.inf for w, f in zip(on_gpu, free)]


def best_step(placed, home, num_gpus, memory, size, load):
    """The step that gains most per share of the weights, or None where none pays."""
    now = pressures(placed, num_gpus, memory, size, load)
    full = max(range(num_gpus), key=now.__getitem__)
    most, best = LEAST_GAIN, None
    for step in steps(full, placed, num_gpus):
        moved = sum(size[m] * ((gpu != home[m]) - (placed[m] != home[m])) for m, gpu in step.items())
        after = list(placed)
        for model, gpu in step.items():
            after[model] = gpu
        highest = max(pressures(after, num_gpus, memory, size, load))
        if highest < now[full] - 1e-9:
            rate = math.log(now[full] / highest) / max(moved / sum(size), 1e-6)
            if rate > most:
                most, best = rate, step
    return best


def place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous):
    fleet = num_gpus, gpu_memory_gb, size_gb.tolist(), (request_rate / slo_s).tolist()
    home = previous.tolist()
    placed = list(home)
    while step := best_step(placed, home, *fleet):
        for model, gpu in step.items():
            placed[model] = gpu
    previous[:] = placed
    return previous
