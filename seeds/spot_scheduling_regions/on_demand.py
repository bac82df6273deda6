"""An on-demand machine from the first tick to the last: never preempted, never late, never cheap.

Source: the on-demand anchor of the Can't Be Late study (Wu et al., NSDI 2024). Own code.
"""


def choose_machine(zone):
    return {"next_machine": "on_demand", "next_zone": zone}
