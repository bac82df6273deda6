"""From PRISM's greedy placement, a model of the fullest GPU is moved or exchanged while it helps.

Source: descent over moves and exchanges of the busiest machine, the usual neighbourhood for
makespan on parallel machines. The step that leaves the lower pressure on the two GPUs concerned is
taken, as long as that is below what the fullest has. Own code.
"""


def greedy(num_gpus, memory, size, load):
    """The GPU of every model, as prism_greedy has it, or None where there is no room."""
    free, on_gpu, placed = [memory] * num_gpus, [0.0] * num_gpus, [0] * len(size)
    for model in sorted(range(len(size)), key=lambda m: -load[m]):
        fitting = [g for g in range(num_gpus) if size[model] < free[g]]
        if not fitting:
            return None
        gpu = min(fitting, key=lambda g: on_gpu[g] / free[g])
        placed[model] = gpu
        on_gpu[gpu] += load[model]
        free[gpu] -= size[model]
    return placed


def best_step(placed, num_gpus, memory, size, load):
    """The step as {model: GPU} that relieves the fullest GPU most, or None."""
    on_gpu, free = [0.0] * num_gpus, [memory] * num_gpus
    for gpu, s, w in zip(placed, size, load):
        on_gpu[gpu] += w
        free[gpu] -= s
    full = max(range(num_gpus), key=lambda g: on_gpu[g] / free[g])
    lowest, best = on_gpu[full] / free[full] - 1e-9, None
    for model in [m for m, gpu in enumerate(placed) if gpu == full]:
        for other in range(len(size) + num_gpus):
            is_move = other >= len(size)
            gpu = other - len(size) if is_move else placed[other]
            if gpu == full:
                continue
            w, s = load[model], size[model]
            if not is_move:
                w, s = w - load[other], s - size[other]
            if free[gpu] <= s or free[full] <= -s:
                continue
            highest = max((on_gpu[full] - w) / (free[full] + s), (on_gpu[gpu] + w) / (free[gpu] - s))
            if highest < lowest:
                lowest, best = highest, {model: gpu}
                if not is_move:
                    best[other] = full
    return best


def place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous):
    fleet = num_gpus, gpu_memory_gb, size_gb.tolist(), (request_rate / slo_s).tolist()
    placed = greedy(*fleet) or previous.tolist()
    while step := best_step(placed, *fleet):
        for model, gpu in step.items():
            placed[model] = gpu
    previous[:] = placed
    return previous
