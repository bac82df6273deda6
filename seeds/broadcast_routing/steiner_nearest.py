"""A Steiner tree grown by the cheapest path to the destination that is nearest to it.

Source: H. Takahashi and A. Matsuyama, "An Approximate Solution for the Steiner Problem in Graphs"
(Mathematica Japonica, 1980), here for directed prices. Own code.
"""

import numpy as np


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


def route_broadcast(price, source, destinations, num_partitions):
    return np.tile(steiner_tree(price, source, destinations), (num_partitions, 1))
