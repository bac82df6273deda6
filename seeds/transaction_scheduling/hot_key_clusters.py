"""Transactions that share a hot key stand together: readers first, then writers, those that come to
the key early first, so that each can follow closely. Clusters are dealt in turn, hottest key first:
transactions of different clusters run side by side.

Source: the idea of clustering transactions by contended keys, as in Prasaad, Cheung and Suciu, "Handling
highly contended OLTP workloads using fast dynamic partitioning" (Strife), SIGMOD 2020. Own code and
details; no published figure is meant.
"""

from collections import Counter, defaultdict
from itertools import zip_longest

import numpy as np


def order_transactions(keys, writes):
    written = Counter(k for ks, ws in zip(keys, writes) for k in set(ks[ws].tolist()))
    clusters = defaultdict(list)
    for t, (ks, ws) in enumerate(zip(keys, writes)):
        hot = max(ks.tolist(), key=lambda k: (written[k], -k) if k >= 0 else (-1, 0))
        at = np.flatnonzero(ks == hot)
        clusters[hot].append((bool(ws[at].any()), int(at[0]), t))
    hottest_first = sorted(clusters, key=lambda k: (-written[k], k))
    rounds = zip_longest(*(sorted(clusters[k]) for k in hottest_first))
    return np.array([member[2] for turn in rounds for member in turn if member is not None])
