"""The placement of bisection_packing, its GPUs numbered so that little is moved.

Pressures stay below t where load + t * size of every GPU's models stays below t * memory: a bin
packing. Source: the idea of the best published programs of the public benchmark `prism`, which
bisect over t and pack; the packing is best-fit decreasing (Johnson et al. 1974). GPUs are alike, so
which of them is which is free: the pair of a new and an old GPU that share most weights is matched
first (greedy matching). Own code.
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


def numbered(placed, home, num_gpus, size):
    """The same placement with GPUs renamed after those that hold most of their models now."""
    shared = [[0] * num_gpus for _ in range(num_gpus)]
    for new, old, s in zip(placed, home, size):
        shared[new][old] += s
    pairs = [(new, old) for new in range(num_gpus) for old in range(num_gpus)]
    name, taken = {}, set()
    for new, old in sorted(pairs, key=lambda p: -shared[p[0]][p[1]]):
        if new not in name and old not in taken:
            name[new] = old
            taken.add(old)
    return [name[gpu] for gpu in placed]


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
    previous[:] = numbered(best, previous.tolist(), num_gpus, size)
    return previous
