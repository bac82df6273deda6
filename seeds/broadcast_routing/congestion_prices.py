"""A Steiner tree per partition, each at prices that rise with what the trees before it carry.

Source: online routing with prices exponential in the load, J. Aspnes et al., "On-Line Routing of
Virtual Circuits with Applications to Load Balancing and Machine Scheduling" (Journal of the ACM,
1997); evolved programs for this problem spread partitions in much the same way. Own code; the tree
is grown to the nearest destination (Takahashi and Matsuyama, 1980).
"""

import numpy as np

PREMIUM = 0.02  # $/GB at the first congestion
STEEPNESS = 4.0  # of the rise, per share of the time that is aimed at
AIM = 2.0  # times the least time that the source needs


def way_to_nearest(price, in_tree, is_waiting):
    """The region that is cheapest to reach from the tree, and parents on the way to it."""
    distance = np.where(in_tree, 0.0, np.inf)
    parent = np.arange(len(price))
    is_open = np.ones(len(price), dtype=bool)
    while True:
        nearest = int(np.argmin(np.where(is_open, distance, np.inf)))
        if is_waiting[nearest]:
            return nearest, parent
        is_open[nearest] = False
        through = distance[nearest] + price[nearest]
        is_better = is_open & (through < distance)
        distance[is_better] = through[is_better]
        parent[is_better] = nearest


def steiner_tree(price, source, destinations):
    """Parent of every region in the tree; others are their own."""
    tree = np.arange(len(price))
    in_tree = np.zeros(len(price), dtype=bool)
    in_tree[source] = True
    is_waiting = np.zeros(len(price), dtype=bool)
    is_waiting[destinations] = True
    while is_waiting.any():
        region, parent = way_to_nearest(price, in_tree, is_waiting)
        while not in_tree[region]:
            tree[region] = parent[region]
            in_tree[region] = True
            region = parent[region]
        is_waiting &= ~in_tree
    return tree


def route_broadcast(
    price, throughput, egress_limit, ingress_limit, source, destinations, num_partitions, volume_gb
):
    gbit = 8.0 * volume_gb / num_partitions
    aim_s = AIM * 8.0 * volume_gb / egress_limit[source]
    on_link = gbit / np.maximum(throughput, 1e-9) / aim_s
    sent = np.zeros_like(price)
    trees = []
    for _ in range(num_partitions):
        out = gbit * (sent.sum(axis=1) + 1) / egress_limit / aim_s
        into = gbit * (sent.sum(axis=0) + 1) / ingress_limit / aim_s
        busy = np.maximum(on_link * (sent + 1), np.maximum(out[:, None], into))
        paid = price + PREMIUM * np.expm1(np.minimum(STEEPNESS * busy, 50.0))
        tree = steiner_tree(paid, source, destinations)
        trees.append(tree)
        fed = np.flatnonzero(tree != np.arange(len(price)))
        sent[tree[fed], fed] += 1
    return np.array(trees)
