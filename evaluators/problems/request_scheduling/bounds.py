"""Limits that no policy can beat, whatever it knows.

**Work.** An iteration takes `iteration_s` plus what each request in it adds, so a request claims at
least what it adds, and a share of `iteration_s` as long as all shares in an iteration sum to at
most one: 1 / max_running (no more take part), or kv_tokens / kv_capacity_tokens (no more fit).
Either way, what is done for a set of requests within t seconds is at most t seconds of claims.

**goodput.** Of the requests that arrive after time a and are due before b, only so many can have
their claims fit before their deadlines in a machine that starts with all of them at hand: their
releases are moved back to the first of them, their deadlines kept, and Moore's algorithm gives the
most that are in time (1 || sum U_j, optimal). Disjoint intervals lose disjoint requests, so the
losses of a partition of time add up; the best of several partitions and of both shares is taken. A
request is due with its first token (claim of the prefill), and with its last (claim of all).
Warm-up requests are taken to claim nothing. Own time alone can already break a promise.

**log_norm_latency.** No request is faster than on an engine of its own. Warm-up requests that are
put off count in both means: for goodput as lost ones, which raise no share, here at what they are
charged, of as many as lower the mean.

**fairness.** It is a share of the service: 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from evaluators.contract import Bound
from evaluators.engines.deadlines import Due, fewest_late
from evaluators.problems.request_scheduling.observation import MOST_PREFILL_TOKENS
from evaluators.problems.request_scheduling.simulator import Instance

PARTITIONS = (1, 2, 4, 8, 16, 32, 64, 128)  # intervals of equal length


def limits(instance: Instance) -> Mapping[str, Bound]:
    """A bound per exact objective."""
    return {
        "goodput": Bound(most_in_time(instance), "bound", "Moore-Hodgson with releases moved back"),
        "log_norm_latency": Bound(least_log_latency(instance), "bound", "each request alone"),
        "fairness": Bound(1.0, "bound", "a share"),
    }


def least_log_latency(instance: Instance) -> float:
    """Mean of ln(own time alone / output tokens) over the scored requests, or less where warm-up
    requests that are put off are charged less than that.
    """
    requests, warmup = instance.requests, instance.promises.warmup
    scored = np.log(instance.alone_s / requests.output_tokens)[warmup:]
    charged_s = 2 * instance.horizon_s - requests.arrival_s
    put_off = np.sort(np.log(charged_s / requests.output_tokens)[:warmup])
    sums = np.cumsum([scored.sum(), *put_off])  # the cheapest k put off, for every k
    return float((sums / (scored.size + np.arange(sums.size))).min())


def most_in_time(instance: Instance) -> float:
    """The largest share of scored requests that can keep both promises."""
    scored = np.arange(instance.requests.arrival_s.size) >= instance.promises.warmup
    feasible = scored & can_be_kept_alone(instance)
    lost = max(
        sum(_lost_between(dues, start_s, stop_s) for start_s, stop_s in intervals)
        for dues in _dues(instance, feasible)
        for intervals in _partitions(instance)
    )
    return float((np.count_nonzero(feasible) - lost) / np.count_nonzero(scored))


def can_be_kept_alone(instance: Instance) -> np.ndarray:
    """bool[n]: whether a request keeps its promises on an engine of its own."""
    promises, prefill_s = instance.promises, instance.prefill_alone_s
    further = np.maximum(1, instance.requests.output_tokens - 1)
    tpot_s = (instance.alone_s - prefill_s) / further
    slack = 1 + 1e-9  # the simulator adds the same terms in another order
    keeps_ttft = prefill_s <= promises.ttft_slo_s * slack
    keeps_tpot = tpot_s <= promises.tpot_slo_s * slack
    return np.asarray(keeps_ttft & keeps_tpot)


def _partitions(instance: Instance) -> Iterator[list[tuple[float, float]]]:
    start_s, last_s = instance.requests.arrival_s[[0, -1]]
    for count in PARTITIONS:
        edges_s = np.linspace(start_s, last_s, count + 1)[:-1].tolist()
        yield list(zip(edges_s, [*edges_s[1:], np.inf], strict=True))


def _dues(instance: Instance, feasible: np.ndarray) -> Iterator[tuple[Due, ...]]:
    """For each way to share `iteration_s`: first tokens, and whole requests."""
    requests, promises = instance.requests, instance.promises
    first_s = requests.arrival_s + promises.ttft_slo_s
    last_s = first_s + promises.tpot_slo_s * (requests.output_tokens - 1)
    for prefill_s, decode_s in claims_s(instance):
        works = ((prefill_s, first_s), (prefill_s + decode_s, last_s))
        yield tuple(
            Due(requests.arrival_s[feasible], work_s[feasible], deadline_s[feasible])
            for work_s, deadline_s in works
        )


def claims_s(instance: Instance) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Seconds that the prefill and the decoding of each request claim, for either share."""
    cost, requests = instance.cost, instance.requests
    prompt = requests.prompt_tokens.astype(float)
    chunks = np.ceil(prompt / MOST_PREFILL_TOKENS)
    further = requests.output_tokens - 1.0
    kv_read = further * prompt + further * (further - 1) / 2
    prefill_s = cost.token_s * prompt + cost.pair_s * prompt**2 / 2 + cost.sequence_s * chunks
    decode_s = (cost.token_s + cost.sequence_s) * further + cost.kv_token_s * kv_read
    by_number_s = cost.iteration_s / cost.max_running
    yield prefill_s + by_number_s * chunks, decode_s + by_number_s * further
    by_memory_s = cost.iteration_s / cost.kv_capacity_tokens
    # a prompt that takes its memory chunk by chunk holds all of it in its last chunk alone
    held = prompt * chunks if instance.rules.reserve_full_prompt else prompt
    yield prefill_s + by_memory_s * held, decode_s + by_memory_s * kv_read


def _lost_between(dues: tuple[Due, ...], start_s: float, stop_s: float) -> int:
    """The fewest requests lost of those that arrive and are due in an interval."""
    return max(fewest_late(due.within(start_s, stop_s)) for due in dues)
