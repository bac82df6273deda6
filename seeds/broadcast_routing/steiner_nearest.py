"""A Steiner tree grown by the cheapest path to the destination that is nearest to it.

Source: H. Takahashi and A. Matsuyama, "An Approximate Solution for the Steiner Problem in Graphs"
(Mathematica Japonica, 1980), here for directed prices. Own code.
"""

import numpy as np


def ways_from_tree(price, in_tree):
    """Distance and parent of every region on its cheapest way from any region of the tree."""
    distance = np.where(in_tree, 0.0, np.inf)
    parent = np.arange(len(price))
    is_open = np.ones(len(price), dtype=bool)
    for _ in range(len(price)):
        nearest = np.argmin(np.where(is_open, distance, np.inf))
        is_open[nearest] = False
        through = distance[nearest] + price[nearest]
        is_better = is_open & (through < distance)
        distance[is_better] = through[is_better]
        parent[is_better] = nearest
    return distance, parent


def steiner_tree(price, source, destinations):
    """Parent of every region in the tree; others are their own."""
    tree = np.arange(len(price))
    in_tree = np.zeros(len(price), dtype=bool)
    in_tree[source] = True
    waiting = [int(d) for d in destinations]
    while waiting:
        distance, parent = ways_from_tree(price, in_tree)
        region = min(waiting, key=lambda d: distance[d])
        while not in_tree[region]:
            tree[region] = parent[region]
            in_tree[region] = True
            region = parent[region]
        waiting = [d for d in waiting if not in_tree[d]]
    return tree


def route_broadcast(price, source, destinations, num_partitions):
    return np.tile(steiner_tree(price, source, destinations), (num_partitions, 1))
