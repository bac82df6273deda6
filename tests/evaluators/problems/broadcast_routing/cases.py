"""Small broadcasts and plans for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from evaluators.problems.broadcast_routing.instance import Broadcast


@st.composite
def broadcasts(draw, most_regions=6, most_partitions=3):
    """A broadcast on a random grid, and a generator for more random numbers."""
    regions = draw(st.integers(2, most_regions))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    number = draw(st.integers(1, min(regions - 1, 4)))
    return random_broadcast(rng, regions, number, draw(st.integers(1, most_partitions))), rng


def random_broadcast(rng, regions, number, partitions):
    off_diagonal = 1 - np.eye(regions)
    source, *destinations = rng.permutation(regions)[: 1 + number].tolist()
    return Broadcast(
        price=rng.integers(0, 20, (regions, regions)) / 100 * off_diagonal,
        throughput=rng.uniform(0.2, 30, (regions, regions)) * off_diagonal,
        egress_limit=rng.uniform(1, 20, regions),
        ingress_limit=rng.uniform(1, 20, regions),
        source=source,
        destinations=np.array(destinations),
        num_partitions=partitions,
        volume_gb=30.0,
    )


def random_parents(rng, broadcast):
    """A valid answer: every partition's regions are fed by regions before them in some order."""
    parent = np.empty((broadcast.num_partitions, broadcast.num_regions), dtype=np.int64)
    for row in parent:
        others = rng.permutation([r for r in range(len(row)) if r != broadcast.source])
        order = [broadcast.source, *others.tolist()]
        row[broadcast.source] = rng.integers(len(row))  # ignored
        for at, region in enumerate(order[1:], start=1):
            row[region] = order[rng.integers(at)]
    return parent


def links_by_hand(parent, broadcast):
    """Per partition the set of links, by walking from each destination."""
    trees = []
    for row in parent.tolist():
        links = set()
        for region in broadcast.destinations.tolist():
            while region != broadcast.source:
                feeder = broadcast.source if row[region] == region else row[region]
                links.add((feeder, region))
                region = feeder
        trees.append(links)
    return trees
