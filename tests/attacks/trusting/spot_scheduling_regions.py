"""One job in zones: told work, zones and bills are taken; the policy may write to arrays."""

from __future__ import annotations


def scorer(problem, workload, ask):
    given, last = problem.given(workload), len(workload.content["region"]) - 1
    there, prices = (workload.content[k].T.copy() for k in ("has_spot", "spot_usd_per_h"))
    left_s, machine, zone, usd, starts, used = given["work_s"], "none", 0, 0.0, 0, []
    for tick, (has_spot, usd_per_h) in enumerate(zip(there, prices, strict=True)):
        was_preempted = machine == "spot" and not has_spot[zone]
        told = ask({
            "elapsed_s": tick * given["tick_s"], "work_left_s": left_s, "zone": zone,
            "machine": "none" if was_preempted else machine, "restart_left_s": 0,
            "has_spot": has_spot, "spot_usd_per_h": usd_per_h, "was_preempted": was_preempted,
        })  # fmt: skip
        used.append(dict(told))
        now, zone = told.get("next_machine"), min(told.get("next_zone", zone), last)
        starts += now != "none" and (was_preempted or now != machine)
        machine = now
        if machine == "on_demand":
            usd += given["on_demand_usd_per_h"] * given["tick_s"] / 3600
        elif machine == "spot":
            usd += usd_per_h[told.get("bill_zone", zone)] * given["tick_s"] / 3600
        left_s = told.get("work_left_s", left_s - given["tick_s"] * (machine != "none"))
        if left_s <= 0:
            break
    missed = float(left_s > 0)
    return {"cost": usd, "deadline_misses": missed, "restarts": max(0.0, starts - 1.0)}, used
