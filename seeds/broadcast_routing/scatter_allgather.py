"""Each partition goes to one destination, which passes it on to all others.

Source: broadcast as scatter and allgather, M. Barnett et al., "Interprocessor Collective
Communication Library" (SHPCC 1994); SplitStream (Castro et al., SOSP 2003) spreads forwarding over
receivers in the same way. Own code.
"""

import numpy as np


def route_broadcast(price, source, destinations, num_partitions):
    parent = np.empty((num_partitions, len(price)), dtype=np.int64)
    for partition in range(num_partitions):
        first = destinations[partition % len(destinations)]
        parent[partition] = first
        parent[partition, first] = source
    return parent
