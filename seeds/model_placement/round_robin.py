"""Every model in the order given to the next GPU in turn that has room.

Source: round robin, what the public ADRS leaderboard scores placements against. Rates and SLOs are
not read. Own code.
"""


def place_models(num_gpus, gpu_memory_gb, size_gb, previous):
    free = [gpu_memory_gb] * num_gpus
    placed = previous.copy()
    turn = 0
    for model, size in enumerate(size_gb.tolist()):
        order = [(turn + k) % num_gpus for k in range(num_gpus)]
        fitting = [g for g in order if size < free[g]]
        if not fitting:
            return previous
        placed[model] = fitting[0]
        free[fitting[0]] -= size
        turn = (fitting[0] + 1) % num_gpus
    return placed
