"""Spot whenever it is there, nothing when it is not, on-demand once the deadline is near.

Source: the greedy policy of Wu et al., "Can't Be Late: Optimizing Spot Instance Savings under
Deadlines" (NSDI 2024), as in the starting program of the ADRS leaderboard (`greedy_safety_seed`):
with room for fewer than two more starts only a spot machine that already runs is kept. Own code.
"""


def choose_machine(
    elapsed_s, work_left_s, machine, has_spot, deadline_s, restart_s, tick_s
):
    ticks_left = (deadline_s - elapsed_s) // tick_s
    ticks_needed = -(-(work_left_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left:
        return "spot" if machine == "spot" and has_spot else "on_demand"
    return "spot" if has_spot else "none"
