"""Uniform Progress: never fall behind the straight line from start to deadline.

Source: Wu et al., "Can't Be Late: Optimizing Spot Instance Savings under Deadlines" (NSDI 2024),
`rc_cr_threshold` in the public simulator: on-demand when progress is behind the line and spot is
not there; back to spot only when two restarts ahead of it; on-demand for good once the deadline is
two starts away. Own code.
"""


def choose_machine(
    elapsed_s, work_left_s, machine, has_spot, work_s, deadline_s, restart_s, tick_s
):
    done_s = work_s - work_left_s
    ticks_left = (deadline_s - elapsed_s) // tick_s
    ticks_needed = -(-(work_left_s + 2 * restart_s) // tick_s)
    if ticks_needed >= ticks_left and machine != "spot":
        return "on_demand"
    if machine == "on_demand":
        is_ahead = done_s > (elapsed_s + 2 * restart_s) * work_s / deadline_s
        return "spot" if has_spot and is_ahead else "on_demand"
    if has_spot:
        return "spot"
    return "on_demand" if done_s < elapsed_s * work_s / deadline_s else "none"
