"""Spot where it is cheapest, kept until it goes; nothing while there is none; on-demand at the end.

Source: the greedy policy of Wu et al., "Can't Be Late: Optimizing Spot Instance Savings under
Deadlines" (NSDI 2024), which waits for spot as long as two more starts fit before the deadline,
with the choice of the cheapest zone that the multi-region policies of the public simulator make.
Own code.
"""


def choose_machine(
    elapsed_s, work_left_s, machine, zone, has_spot, spot_usd_per_h, deadline_s, restart_s, tick_s
):
    if machine == "spot":
        return {"next_machine": "spot", "next_zone": zone}
    ticks_left = (deadline_s - elapsed_s) // tick_s
    ticks_needed = -(-(work_left_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left:
        return {"next_machine": "on_demand", "next_zone": zone}
    if not has_spot.any():
        return {"next_machine": "none", "next_zone": zone}
    prices = spot_usd_per_h.tolist()
    there = [z for z, is_there in enumerate(has_spot.tolist()) if is_there]
    return {"next_machine": "spot", "next_zone": min(there, key=prices.__getitem__)}
