"""Greedy within slices of time, each of which has to do its share of the work.

Source: the time-sliced policy that Wu et al., "Can't Be Late" (NSDI 2024), put between greedy and
Uniform Progress. The paper leaves the length of a slice open: 4 hours are chosen here. Own code.
"""

SLICE_S = 4 * 3600


def choose_machine(
    elapsed_s, work_left_s, machine, has_spot, work_s, deadline_s, restart_s, tick_s
):
    slice_end_s = min((elapsed_s // SLICE_S + 1) * SLICE_S, deadline_s)
    due_s = work_s * slice_end_s / deadline_s
    missing_s = due_s - (work_s - work_left_s)
    if missing_s <= 0:
        return "spot" if has_spot else "none"
    ticks_left = (slice_end_s - elapsed_s) // tick_s
    ticks_needed = -(-(missing_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left:
        return "spot" if machine == "spot" and has_spot else "on_demand"
    return "spot" if has_spot else "none"
