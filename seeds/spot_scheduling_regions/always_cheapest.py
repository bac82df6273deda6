"""Uniform Progress that is always in the cheapest zone that has spot, and moves for any saving.

Source: the cost-aware form of `multi_region_rc_cr_threshold` in the public multi-region simulator,
which goes to the cheapest zone at every step: there a move of a live machine costs nothing. Own
code.
"""


def choose_machine(
    elapsed_s, work_left_s, zone, has_spot, spot_usd_per_h, work_s, deadline_s
):
    if has_spot.any():
        prices = spot_usd_per_h.tolist()
        there = [z for z, is_there in enumerate(has_spot.tolist()) if is_there]
        return {"next_machine": "spot", "next_zone": min(there, key=prices.__getitem__)}
    is_behind = work_s - work_left_s < elapsed_s * work_s / deadline_s
    return {"next_machine": "on_demand" if is_behind else "none", "next_zone": zone}
