"""PRISM's greedy, but a model stays on its GPU while that one's pressure is near the lowest.

Source: the rule of prism_greedy with the preference for the device that already holds the weights
of locality-aware placement, as in BlockLLM (multi-tenant serving in blocks). Own code, from the
abstract alone.
"""

NEAR = 0.01  # req/s per s and GB: by how much the lowest pressure may be passed to stay


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
        after = {g: (on_gpu[g] + load[model]) / (free[g] - size[model]) for g in fitting}
        gpu = min(fitting, key=after.get)
        home = int(previous[model])
        if home in after and after[home] <= after[gpu] + NEAR:
            gpu = home
        placed[model] = gpu
        on_gpu[gpu] += load[model]
        free[gpu] -= size[model]
    return placed
