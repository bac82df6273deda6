"""On-demand machines from the first tick to the last: never preempted, never late, never cheap.

Source: the on-demand anchor of the Can't Be Late study (Wu et al., NSDI 2024). Own code.
"""


def choose_machine():
    return "on_demand"
