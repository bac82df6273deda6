"""The heaviest model first, to the GPU of the lowest pressure so far that has room.

Source: algorithm 1 of PRISM (GPU sharing for serving many language models) without its threshold,
the starting program of the public benchmark `prism` (SkyDiscover, below benchmarks/ADRS/prism).
Where a model finds no room that program raises an error; here everything stays where it is. Own
code.
"""


def place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous):
    size = size_gb.tolist()
    load = (request_rate / slo_s).tolist()
    free = [gpu_memory_gb] * num_gpus
    on_gpu = [0.0] * num_gpus
    placed = previous.copy()
    for model in sorted(range(len(size)), key=lambda m: -load[m]):
        fitting = [g for g in range(num_gpus) if size[model] <= free[g] and free[g] > 0]
        if not fitting:
            return previous
        gpu = min(fitting, key=lambda g: on_gpu[g] / free[g])
        placed[model] = gpu
        on_gpu[gpu] += load[model]
        free[gpu] -= size[model]
    return placed
