"""The largest model first, to the GPU that it leaves the least memory on, but some.

Source: best-fit decreasing, Johnson, Demers, Ullman, Garey and Graham, "Worst-case performance
bounds for simple one-dimensional packing algorithms", SIAM Journal on Computing 3(4), 1974. It
packs for few GPUs, which is the opposite of what pressure asks for. Own code.
"""


def place_models(num_gpus, gpu_memory_gb, size_gb, previous):
    size = size_gb.tolist()
    free = [gpu_memory_gb] * num_gpus
    placed = previous.copy()
    for model in sorted(range(len(size)), key=lambda m: -size[m]):
        fitting = [g for g in range(num_gpus) if size[model] < free[g]]
        if not fitting:
            return previous
        gpu = min(fitting, key=lambda g: free[g])
        placed[model] = gpu
        free[gpu] -= size[model]
    return placed
