"""The heaviest model first, to the GPU of the least load that has room.

Source: longest processing time first, Graham, "Bounds on multiprocessing timing anomalies", SIAM
Journal on Applied Mathematics 17(2), 1969, with request rate over SLO as the time. Memory counts
only for what fits. Own code.
"""


def place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous):
    size = size_gb.tolist()
    load = (request_rate / slo_s).tolist()
    free = [gpu_memory_gb] * num_gpus
    on_gpu = [0.0] * num_gpus
    placed = previous.copy()
    for model in sorted(range(len(size)), key=lambda m: -load[m]):
        fitting = [g for g in range(num_gpus) if size[model] < free[g]]
        if not fitting:
            return previous
        gpu = min(fitting, key=lambda g: on_gpu[g])
        placed[model] = gpu
        on_gpu[gpu] += load[model]
        free[gpu] -= size[model]
    return placed
