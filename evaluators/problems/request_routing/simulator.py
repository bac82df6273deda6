"""Plays one instance: a gateway asks for every request which engine gets it.

The gateway knows what it sent where (a tree of prompts per engine, here an LRU of the engine's own
size), and of the engines' load what they last told. A request may be held back and is asked about
again; one that an engine lost is asked about again at once.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from evaluators.contract import Action, Measurements, Observation
from evaluators.engines.prefix_cache import PrefixCache, tokens_found
from evaluators.engines.replica import Replica
from evaluators.engines.roster import Served
from evaluators.errors import InvalidAction
from evaluators.problems.request_routing.instance import CHUNK_TOKENS, Instance
from evaluators.problems.request_routing.measurement import measure

HOLD = -1  # the answer that keeps a request at the gateway
HOLD_S = 0.5  # for so long
MOST_HOLDS = 6  # of one request
_ASK, _FAIL, _RECOVER = range(3)  # kinds of event


@dataclass(frozen=True, slots=True)
class Report:
    """What the engines told of their load: int64[engines] each."""

    at_s: float
    num_waiting: np.ndarray
    num_running: np.ndarray
    queued_tokens: np.ndarray
    waiting_tokens: np.ndarray
    kv_free_tokens: np.ndarray


class Cluster:
    """Engines behind a gateway: advanced lazily, each only when it is looked at."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.served = Served(
            instance.prompt_tokens.tolist(), instance.output_tokens.tolist(), instance.blocks
        )
        size = instance.cache_blocks
        self.replicas = [
            Replica(cost, CHUNK_TOKENS, PrefixCache(size), self.served) for cost in instance.engines
        ]
        self.trees = [PrefixCache(size) for _ in instance.engines]
        self.is_up = np.ones(len(self.replicas), dtype=bool)
        self._report = self._ask_all(0.0)

    def report(self, now_s: float) -> Report:
        """The last report that engines have made."""
        period_s = self.instance.report_s
        due_s = math.floor(now_s / period_s) * period_s if period_s else now_s
        if due_s > self._report.at_s:
            self._report = self._ask_all(due_s)
        return self._report

    def _ask_all(self, at_s: float) -> Report:
        for replica in self.replicas:
            replica.advance(at_s)
        rows = zip(
            *(
                (r.num_waiting, r.num_running, r.queued_tokens, r.waiting_tokens, r.kv_free_tokens)
                for r in self.replicas
            ),
            strict=True,
        )
        return Report(at_s, *(np.array(row, dtype=np.int64) for row in rows))

    def matched_tokens(self, request: int) -> np.ndarray:
        """int64[engines]: the start of the prompt that the gateway believes to be there."""
        own, tokens = self.instance.blocks[request], self.served.prompt_tokens[request]
        return np.array([tokens_found(tree.matched(own), tokens) for tree in self.trees])

    def send(self, request: int, replica: int, now_s: float) -> None:
        """Hand a request over."""
        self.replicas[replica].advance(now_s)
        self.replicas[replica].submit(request, now_s)
        self.trees[replica].keep(self.instance.blocks[request])

    def fail(self, replica: int, now_s: float) -> list[int]:
        """An engine goes away; the requests that it had."""
        self.is_up[replica] = False
        self.trees[replica].clear()
        return self.replicas[replica].fail(now_s)

    def drain(self) -> None:
        """Serve what is left."""
        for replica in self.replicas:
            replica.advance(math.inf)


def routing_episode(instance: Instance) -> Generator[Observation, Action, Measurements]:
    """Ask for every request until all are served. Raises InvalidAction."""
    cluster = Cluster(instance)
    holds_left = [MOST_HOLDS] * len(instance.arrival_s)
    order = itertools.count()
    events = [(at_s, next(order), kind, index) for at_s, kind, index in _events(instance)]
    heapq.heapify(events)
    while events:
        now_s, _, kind, index = heapq.heappop(events)
        if kind == _RECOVER:
            cluster.is_up[index] = True
        elif kind == _FAIL:
            for request in cluster.fail(index, now_s):
                heapq.heappush(events, (now_s, next(order), _ASK, request))
        else:
            seen = _observation(cluster, index, now_s, holds_left[index])
            action = yield seen
            chosen = _checked(action["replica"], cluster, holds_left[index])
            if chosen == HOLD:
                holds_left[index] -= 1
                heapq.heappush(events, (now_s + HOLD_S, next(order), _ASK, index))
            else:
                cluster.send(index, chosen, now_s)
    cluster.drain()
    return measure(instance, cluster.served, cluster.replicas)


def _events(instance: Instance) -> Iterator[tuple[float, int, int]]:
    """What is known to happen: outages come before arrivals of the same instant."""
    for outage in instance.outages:
        yield outage.from_s, _FAIL, outage.replica
        yield outage.until_s, _RECOVER, outage.replica
    for request, at_s in enumerate(instance.arrival_s.tolist()):
        yield at_s, _ASK, request


def _observation(cluster: Cluster, request: int, now_s: float, holds_left: int) -> Observation:
    instance, report = cluster.instance, cluster.report(now_s)
    return {
        "now_s": now_s,
        "waited_s": now_s - float(instance.arrival_s[request]),
        "ttft_slo_s": float(instance.ttft_slo_s[request]),
        "prompt_tokens": int(instance.prompt_tokens[request]),
        "blocks": np.array(instance.blocks[request], dtype=np.int64),
        "holds_left": holds_left,
        "report_age_s": now_s - report.at_s,
        "replicas": {
            "is_up": cluster.is_up.copy(),
            "matched_tokens": cluster.matched_tokens(request),
            "num_waiting": report.num_waiting.copy(),
            "num_running": report.num_running.copy(),
            "queued_tokens": report.queued_tokens.copy(),
            "waiting_tokens": report.waiting_tokens.copy(),
            "kv_free_tokens": report.kv_free_tokens.copy(),
        },
    }


def _checked(chosen: int, cluster: Cluster, holds_left: int) -> int:
    if chosen == HOLD:
        if not holds_left:
            raise InvalidAction(
                f"replica is {HOLD} (hold) with holds_left 0: a request can be held {MOST_HOLDS}"
                " times, then it must be sent"
            )
    elif chosen >= len(cluster.replicas):
        raise InvalidAction(f"replica is {chosen}, but there are {len(cluster.replicas)}")
    elif not cluster.is_up[chosen]:
        raise InvalidAction(f"replica {chosen} is down: replicas.is_up is false for it")
    return chosen
