"""The tree of widest paths: each region is reached over the links of the highest throughput.

Source: maximum bottleneck paths, M. Pollack, "The Maximum Capacity Through a Network" (Operations
Research, 1960), by Dijkstra's method. Among equally wide ways, the cheaper. Own code.
"""

import numpy as np


def widest_path_tree(width, price, source):
    """Parent of every region on its widest way from the source."""
    widest = np.zeros(len(price))
    widest[source] = np.inf
    paid = np.full(len(price), np.inf)
    paid[source] = 0.0
    parent = np.full(len(price), source)
    is_open = np.ones(len(price), dtype=bool)
    for _ in range(len(price)):
        candidates = np.where(is_open, widest, -1.0)
        ties = candidates == candidates.max()
        nearest = np.argmin(np.where(ties, paid, np.inf))
        is_open[nearest] = False
        through = np.minimum(widest[nearest], width[nearest])
        bill = paid[nearest] + price[nearest]
        is_better = (through > widest) | ((through == widest) & (bill < paid))
        is_better &= is_open
        widest[is_better] = through[is_better]
        paid[is_better] = bill[is_better]
        parent[is_better] = nearest
    return parent


def route_broadcast(price, throughput, egress_limit, ingress_limit, source, num_partitions):
    limit = np.minimum(egress_limit[:, None], ingress_limit)
    width = np.minimum(throughput, limit)
    return np.tile(widest_path_tree(width, price, source), (num_partitions, 1))
