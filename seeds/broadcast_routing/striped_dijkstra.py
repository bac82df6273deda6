"""A shortest-path tree for every stripe of partitions, on what the trees before it left over.

Source: the multi-stripe shortest paths that Cloudcast (Wooders et al., NSDI 2024) is compared with:
after each tree, its slowest link is taken away, so that the stripes use other links. Own code.
"""

import numpy as np

NUM_STRIPES = 4


def shortest_path_tree(price, source):
    """Parent of every region on its cheapest way from the source."""
    distance = np.full(len(price), np.inf)
    distance[source] = 0.0
    parent = np.full(len(price), source)
    is_open = np.ones(len(price), dtype=bool)
    for _ in range(len(price)):
        nearest = np.argmin(np.where(is_open, distance, np.inf))
        is_open[nearest] = False
        through = distance[nearest] + price[nearest]
        is_better = is_open & (through < distance)
        distance[is_better] = through[is_better]
        parent[is_better] = nearest
    return parent


def links_to(parent, source, destinations):
    """The links of the tree that lead to a destination."""
    links = set()
    for region in destinations.tolist():
        while region != source:
            links.add((int(parent[region]), region))
            region = int(parent[region])
    return links


def route_broadcast(price, throughput, source, destinations, num_partitions):
    left = price.copy()
    trees = []
    for _ in range(min(NUM_STRIPES, num_partitions)):
        trees.append(shortest_path_tree(left, source))
        links = sorted(links_to(trees[-1], source, destinations))
        slowest = min(links, key=lambda link: throughput[link])
        left[slowest] = np.inf
    stripe = np.arange(num_partitions) % len(trees)
    return np.array(trees)[stripe]
