"""The cheapest Steiner tree, for all partitions alike.

Source: S. E. Dreyfus and R. A. Wagner, "The Steiner Problem in Graphs" (Networks, 1971), here for
directed prices. The best published programs for this problem end at its price. Own code.
"""

import numpy as np


def all_shortest_ways(price):
    """Price of the cheapest way from row to column, and the first region after the row on it."""
    way = price.copy()
    first = np.tile(np.arange(len(price)), (len(price), 1))
    for via in range(len(price)):
        through = way[:, via, None] + way[via]
        is_better = through < way
        way[is_better] = through[is_better]
        first = np.where(is_better, first[:, via, None], first)
    return way, first


def best_parts(tree, chosen):
    """Price of the cheapest split of a set of destinations at each region, and its first part."""
    parts = []
    part = (chosen - 1) & chosen
    while part > chosen ^ part:
        parts.append(part)
        part = (part - 1) & chosen
    prices = tree[parts] + tree[[chosen ^ p for p in parts]]
    return prices.min(axis=0), np.array(parts)[prices.argmin(axis=0)]


def steiner_tree(price, source, destinations):
    """Parent of every region in the cheapest tree; others are their own."""
    way, first = all_shortest_ways(price)
    sets = 2 ** len(destinations)
    tree = np.zeros((sets, len(price)))
    target = np.zeros((sets, len(price)), dtype=int)
    part = np.zeros((sets, len(price)), dtype=int)
    for chosen in range(1, sets):
        if chosen & (chosen - 1):
            split, part[chosen] = best_parts(tree, chosen)
            tree[chosen] = (way + split).min(axis=1)
            target[chosen] = (way + split).argmin(axis=1)
        else:
            destination = destinations[chosen.bit_length() - 1]
            tree[chosen] = way[:, destination]
            target[chosen] = destination
    parent = np.arange(len(price))
    open_sets = [(sets - 1, int(source))]
    while open_sets:
        chosen, region = open_sets.pop()
        end = int(target[chosen, region])
        while region != end:
            following = int(first[region, end])
            if parent[following] == following and following != source:
                parent[following] = region
            region = following
        if chosen & (chosen - 1):
            open_sets += [(int(part[chosen, end]), end), (int(chosen ^ part[chosen, end]), end)]
    return parent


def route_broadcast(price, source, destinations, num_partitions):
    return np.tile(steiner_tree(price, source, destinations), (num_partitions, 1))
