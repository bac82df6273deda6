"""Uniform Progress that goes back to spot as soon as spot is there.

Source: `rc_cr_threshold_no_condition2` in the public simulator of Wu et al., "Can't Be Late"
(NSDI 2024): Uniform Progress without the wait until it is two restarts ahead. Own code.
"""


def choose_machine(
    elapsed_s, work_left_s, machine, has_spot, work_s, deadline_s, restart_s, tick_s
):
    done_s = work_s - work_left_s
    ticks_left = (deadline_s - elapsed_s) // tick_s
    ticks_needed = -(-(work_left_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left and machine != "spot":
        return "on_demand"
    if has_spot:
        return "spot"
    is_behind = done_s < elapsed_s * work_s / deadline_s
    return "on_demand" if is_behind or machine == "on_demand" else "none"
