"""Uniform Progress on any zone: never fall behind the straight line from start to deadline.

Source: `multi_region_rc_cr_threshold` in the public simulator of Wu et al., "Can't Be Late"
(NSDI 2024): the first zone that has spot; without any, on-demand when behind the line; back from
on-demand only when two restarts ahead of it; on-demand for good once the deadline is two starts
away. Own code.
"""


def choose_machine(
    elapsed_s, work_left_s, machine, zone, has_spot, work_s, deadline_s, restart_s, tick_s
):
    if machine == "spot":
        return {"next_machine": "spot", "next_zone": zone}
    done_s = work_s - work_left_s
    ticks_left = (deadline_s - elapsed_s) // tick_s
    ticks_needed = -(-(work_left_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left:
        return {"next_machine": "on_demand", "next_zone": zone}
    if machine == "on_demand" and done_s <= (elapsed_s + 2 * restart_s) * work_s / deadline_s:
        return {"next_machine": "on_demand", "next_zone": zone}
    if has_spot.any():
        return {"next_machine": "spot", "next_zone": int(has_spot.argmax())}
    is_behind = done_s < elapsed_s * work_s / deadline_s
    return {
        "next_machine": "on_demand" if is_behind or machine == "on_demand" else "none",
        "next_zone": zone,
    }
