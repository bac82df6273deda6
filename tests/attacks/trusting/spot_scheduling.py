"""One job: what is told of work and prices is taken, and spot is there whenever asked for."""

from __future__ import annotations


def scorer(problem, workload, ask):
    given, there = problem.given(workload), workload.content["has_spot"].tolist()
    usd_per_h = {"spot": given["spot_usd_per_h"], "on_demand": given["on_demand_usd_per_h"]}
    left_s, machine, usd, preemptions, used = given["work_s"], "none", 0.0, 0, []
    for tick, has_spot in enumerate(there):
        was_preempted = machine == "spot" and not has_spot
        machine = "none" if was_preempted else machine
        preemptions += was_preempted
        told = ask({
            "elapsed_s": tick * given["tick_s"], "work_left_s": left_s, "machine": machine,
            "has_spot": has_spot, "was_preempted": was_preempted,
        })  # fmt: skip
        used.append(dict(told))
        machine = told.get("next_machine", "any")
        usd += told.get("usd_per_h", usd_per_h.get(machine, 0.0)) * given["tick_s"] / 3600
        left_s = told.get("work_left_s", left_s - given["tick_s"] * (machine != "none"))
        if left_s <= 0:
            break
    missed = float(left_s > 0)
    return {"cost": usd, "deadline_misses": missed, "preemptions": float(preemptions)}, used
