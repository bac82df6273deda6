"""The cost model in arrays, for policies. Transactions are numbers from 0; times are in units."""

import numpy as np

NO_CONFLICT = -(10**6)  # a delay that never matters


def conflict_delays(keys: list[np.ndarray], writes: list[np.ndarray]) -> np.ndarray:
    """int64[n, n]: d[i, j] such that j, placed after i, starts at i's start + d[i, j] or later.

    It may be negative: j comes late to the key that they share. NO_CONFLICT where they share none.
    """
    delays = np.full((len(keys), len(keys)), NO_CONFLICT)
    for who, first, last in _accesses(keys, writes):
        access_write = last[:, :1] - first[:, 1] + 1
        write_access = last[:, 1:] - first[:, 0] + 1
        pairs = np.ix_(who, who)
        delays[pairs] = np.maximum(delays[pairs], np.maximum(access_write, write_access))
    np.fill_diagonal(delays, NO_CONFLICT)
    return delays


def _accesses(
    keys: list[np.ndarray], writes: list[np.ndarray]
) -> list[tuple[list[int], np.ndarray, np.ndarray]]:
    """Per key that is written and shared: by whom; first and last position of access and write."""
    found: dict[int, dict[int, list[tuple[int, bool]]]] = {}
    for t, (ks, ws) in enumerate(zip(keys, writes, strict=True)):
        for position, (key, is_write) in enumerate(zip(ks.tolist(), ws.tolist(), strict=True)):
            found.setdefault(key, {}).setdefault(t, []).append((position, is_write))
    spans = []
    for key, by in found.items():
        written = [[p for p, is_write in at if is_write] for at in by.values()]
        if key >= 0 and len(by) > 1 and any(written):
            first = [[at[0][0], min(w, default=-2 * NO_CONFLICT)]
                     for at, w in zip(by.values(), written, strict=True)]  # fmt: skip
            last = [[at[-1][0], max(w, default=2 * NO_CONFLICT)]
                    for at, w in zip(by.values(), written, strict=True)]  # fmt: skip
            spans.append((list(by), np.array(first), np.array(last)))
    return spans


class Timeline:
    """A schedule that grows by one transaction at a time, in microseconds.

    Attributes:
        earliest: int64[n], when each transaction would start if it were placed next; of one that
            has been placed: when it starts.
        makespan: when the last of those placed is done.
    """

    def __init__(self, delays: np.ndarray, lengths: np.ndarray) -> None:
        self.delays, self.lengths = delays, lengths
        self.earliest = np.zeros(len(lengths), dtype=np.int64)
        self.makespan = 0
        self._is_left = np.ones(len(lengths), dtype=bool)

    def append(self, t: int) -> None:
        """Place t next."""
        start = self.earliest[t]
        self._is_left[t] = False
        after = start + self.delays[t]
        np.maximum(self.earliest, after, out=self.earliest, where=self._is_left)
        self.makespan = max(self.makespan, int(start + self.lengths[t]))

    def makespans(self) -> np.ndarray:
        """int64[n]: the makespan if each transaction were placed next."""
        return np.asarray(np.maximum(self.makespan, self.earliest + self.lengths))


def start_times(order: np.ndarray, delays: np.ndarray) -> np.ndarray:
    """int64[len(order)]: when the transactions of an order start, by their place in it."""
    by_place = delays[np.ix_(order, order)]
    starts = np.zeros(len(order), dtype=np.int64)
    for place in range(1, len(order)):
        starts[place] = max(0, (starts[:place] + by_place[:place, place]).max())
    return starts


def makespan_of(order: np.ndarray, delays: np.ndarray, lengths: np.ndarray) -> int:
    """When the last transaction of an order (of all or some of them) is done."""
    return int((start_times(order, delays) + lengths[order]).max())


def insertion_makespans(
    order: np.ndarray, t: int, delays: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """int64[len(order) + 1]: the makespan with t put before each place of an order without it.

    Exact: a longest path goes through t or is one of the order without t.
    """
    starts, tails = start_times(order, delays), _tails(order, delays, lengths)
    head = np.maximum.accumulate(np.append(0, starts + delays[order, t]))
    behind = np.append(tails + delays[t, order], lengths[t])
    tail = np.maximum.accumulate(behind[::-1])[::-1]
    without = (starts + lengths[order]).max(initial=0)
    return np.asarray(np.maximum(without, head + tail))


def _tails(order: np.ndarray, delays: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """int64[len(order)]: from the start of each to the end of the last that has to wait for it."""
    by_place, tails = delays[np.ix_(order, order)], lengths.take(order)
    for place in range(len(order) - 2, -1, -1):
        after = by_place[place, place + 1 :] + tails[place + 1 :]
        tails[place] = max(tails[place], after.max())
    return tails
