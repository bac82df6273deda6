"""Which tokens go to which expert, and to which of its slots: drawn, then dispatched.

A router sends every token to `top_k` different experts. Here each expert gets the share of the
tokens that a workload's load says, by systematic sampling (Madow, Annals of Mathematical Statistics
20, 1949): exact shares, no expert twice. An expert's tokens go to its slots in turn, as the serving
systems spread them over replicas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TOGETHER = 256  # tokens that share an order of the experts: which ones meet in a token changes


def draw_experts(
    load: np.ndarray, num_tokens: int, top_k: int, rng: np.random.Generator
) -> np.ndarray:
    """int64[tokens, top_k]: the experts of every token, all different.

    Args:
        load: float64[experts], tokens in any unit; not all zero.
        num_tokens: how many tokens.
        top_k: experts of a token, at most as many as there are.
        rng: random numbers.
    """
    share = inclusion(load, top_k)
    parts = []
    for start in range(0, num_tokens, TOGETHER):
        order = rng.permutation(len(share))
        edges = np.cumsum(share[order])
        first = rng.random((min(TOGETHER, num_tokens - start), 1))
        chosen = np.searchsorted(edges, first + np.arange(top_k), side="right")
        parts.append(order[np.minimum(chosen, len(share) - 1)])
    return np.concatenate(parts)


def inclusion(load: np.ndarray, top_k: int) -> np.ndarray:
    """float64[experts]: how probable it is that a token goes to an expert; they add up to `top_k`.

    In proportion to the load, but none above 1: what a very popular expert cannot get goes to the
    others.
    """
    weight = load / load.sum() + 1e-12  # where the load is on fewer experts than a token needs
    share = np.zeros(len(load))
    full = np.zeros(len(load), dtype=bool)
    while True:
        share = np.where(full, 1.0, (top_k - full.sum()) * weight / weight[~full].sum())
        over = (share > 1.0) & ~full
        if not over.any():
            return share
        full |= over
        if full.all():
            return np.ones(len(load))


@dataclass(frozen=True)
class Dispatch:
    """Where the copies of all tokens go, slot by slot.

    `tokens` int64[copies]: the token of every copy; `choices` int64[copies]: as which of its
    `top_k` it goes there; `ends` int64[slots]: where a slot's copies end.
    """

    tokens: np.ndarray
    choices: np.ndarray
    ends: np.ndarray

    def slots(self, first: int, stop: int) -> tuple[slice, np.ndarray]:
        """The copies of some neighbouring slots, and int64[stop - first]: their ends among them."""
        start = int(self.ends[first - 1]) if first else 0
        return slice(start, int(self.ends[stop - 1])), self.ends[first:stop] - start


def dispatch(experts: np.ndarray, placement: np.ndarray) -> Dispatch:
    """Send every token to one slot of each of its experts.

    Args:
        experts: int64[tokens, top_k], of each token.
        placement: int64[slots], the expert in every slot; every expert in at least one.
    """
    flat = experts.ravel()
    number = int(placement.max()) + 1
    by_expert = np.argsort(placement, kind="stable")
    replicas = np.bincount(placement, minlength=number)
    first_slot = np.cumsum(replicas) - replicas
    copies = np.bincount(flat, minlength=number)
    order = np.argsort(flat, kind="stable")
    turn = np.arange(len(flat)) - np.repeat(np.cumsum(copies) - copies, copies)
    expert = flat[order]
    slot = np.empty(len(flat), dtype=np.int64)
    slot[order] = by_expert[first_slot[expert] + turn % replicas[expert]]
    by_slot = np.argsort(slot, kind="stable")
    top_k = experts.shape[1]
    ends = np.cumsum(np.bincount(slot, minlength=len(placement)))
    return Dispatch(by_slot // top_k, by_slot % top_k, ends)


def reached(sent: Dispatch, num_tokens: int, num_gpus: int) -> np.ndarray:
    """bool[tokens, gpus]: which GPUs a token goes to.

    Args:
        sent: a dispatch over all slots.
        num_tokens: how many tokens there are.
        num_gpus: each has an equal block of the slots.
    """
    copies = np.diff(sent.ends, prepend=0).reshape(num_gpus, -1).sum(axis=1)
    found = np.zeros((num_tokens, num_gpus), dtype=bool)
    found[sent.tokens, np.repeat(np.arange(num_gpus), copies)] = True
    return found
