"""A broadcast by what the plan says of links, on arrays that the policy could write to.

The published evaluators build their graph from the edges that a plan lists, with the price and
throughput that it gives them, and never ask whether every partition reaches every destination.
"""

from __future__ import annotations

import numpy as np


def scorer(problem, workload, ask):
    content = {name: np.array(values) for name, values in workload.content.items()}
    given = {"source": int(content.pop("source")), **content}
    given |= {k: given[k].item() for k in ("num_partitions", "volume_gb")}
    told = ask(given)
    parent = np.array(told["parent"])
    listed = {
        (int(row[at]), int(at), partition)
        for partition, row in enumerate(parent)
        for destination in given["destinations"]
        for at in listed_way(row, int(destination), given["source"])
    }
    sent_gb = np.zeros_like(given["price"])
    for feeder, region, _ in listed:
        sent_gb[feeder, region] += given["volume_gb"] / given["num_partitions"]
    price, throughput = (told.get(k, given[k]) for k in ("price", "throughput"))
    used = sent_gb > 0
    with np.errstate(divide="ignore"):  # a region that feeds itself
        time_s = (8 * sent_gb[used] / throughput[used]).max(initial=0.0)
    return {"cost": (sent_gb * price).sum(), "transfer_time": time_s}, [dict(told)]


def listed_way(row, region, source):
    """The regions on the way back from a destination, until the source or one seen before."""
    way = []
    while region != source and region >= 0 and region not in way:
        way.append(region)
        region = int(row[region])
    return way
