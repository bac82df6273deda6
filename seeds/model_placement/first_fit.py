"""Every model in the order given to the first GPU that has room, to the last GB.

Source: the naive starting program of the public benchmark `prism` (SkyDiscover, below
benchmarks/ADRS/prism). It reads neither rates nor SLOs, and may leave a GPU full. Where a model
finds no room that program leaves it out; here everything stays where it is. Own code.
"""


def place_models(num_gpus, gpu_memory_gb, size_gb, previous):
    free = [gpu_memory_gb] * num_gpus
    placed = previous.copy()
    for model, size in enumerate(size_gb.tolist()):
        fitting = [g for g in range(num_gpus) if size <= free[g]]
        if not fitting:
            return previous
        placed[model] = fitting[0]
        free[fitting[0]] -= size
    return placed
