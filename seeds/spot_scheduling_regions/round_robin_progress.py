"""Uniform Progress that looks at one zone at a time and at the next one when it may wait.

Source: the starting policy of the multi-region task of the ADRS leaderboard
(`UCB-ADRS/ADRS-Leaderboard`, `cant_be_late_multi`, "evolutionary_robust_starter"): spot whenever
the zone it looks at has it; else on-demand when behind the straight line from start to deadline,
else nothing, and on to the next zone. Own code.
"""


def choose_machine(elapsed_s, work_left_s, zone, has_spot, work_s, deadline_s):
    if has_spot[zone]:
        return {"next_machine": "spot", "next_zone": zone}
    is_behind = work_s - work_left_s < elapsed_s * (work_s / deadline_s)
    if is_behind:
        return {"next_machine": "on_demand", "next_zone": zone}
    return {"next_machine": "none", "next_zone": (zone + 1) % len(has_spot)}
