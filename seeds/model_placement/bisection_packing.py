"""The lowest pressure at which best-fit decreasing still packs all models.

Pressures stay below t where load + t * size of every GPU's models stays below t * memory: a bin
packing. Source: the idea of the best published programs of the public benchmark `prism`, which
bisect over t and pack; the packing is best-fit decreasing (Johnson et al. 1974). Own code.
"""

STEPS = 12


def packed(limit, num_gpus, memory, size, load):
    """The GPU of every model, or None where best-fit decreasing finds no room."""
    weight = [w + limit * s for w, s in zip(load, size)]
    free = [limit * memory] * num_gpus
    placed = [0] * len(size)
    for model in sorted(range(len(size)), key=lambda m: -weight[m]):
        fitting = [g for g in range(num_gpus) if weight[model] < free[g]]
        if not fitting:
            return None
        gpu = min(fitting, key=lambda g: free[g])
        placed[model] = gpu
        free[gpu] -= weight[model]
    return placed


def highest_pressure(placed, num_gpus, memory, size, load):
    on_gpu, free = [0.0] * num_gpus, [memory] * num_gpus
    for gpu, s, w in zip(placed, size, load):
        on_gpu[gpu] += w
        free[gpu] -= s
    return max(w / f for w, f in zip(on_gpu, free))


def place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous):
    size, load = size_gb.tolist(), (request_rate / slo_s).tolist()
    fleet = num_gpus, gpu_memory_gb, size, load
    best = previous.tolist()
    low, high = sum(load) / (num_gpus * gpu_memory_gb - sum(size)), highest_pressure(best, *fleet)
    for _ in range(STEPS):
        limit = (low + high) / 2
        placed = packed(limit, *fleet)
        if placed is None:
            low = limit
        else:
            best, high = placed, min(limit, highest_pressure(placed, *fleet))
    previous[:] = best
    return previous
