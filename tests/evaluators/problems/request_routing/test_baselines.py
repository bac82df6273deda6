"""Published routers do what their sources say."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from evaluators.playing import play, trusted_policy
from evaluators.problems.request_routing.problem import RequestRouting

COUNT = 4
PROBLEM = RequestRouting()


def router(name, replicas=COUNT):
    """A fresh baseline; calling it changes what it is shown by name."""
    one = np.ones(replicas)
    given = {
        "seed": 3, "cache_blocks": 64, "report_s": 0.1, "iteration_s": 0.01 * one,
        "token_s": 6e-5 * one, "pair_s": 3e-9 * one, "kv_token_s": 7e-8 * one,
        "sequence_s": 8e-6 * one, "kv_capacity_tokens": np.full(replicas, 440_000),
    }  # fmt: skip
    decide = trusted_policy(PROBLEM, PROBLEM.baselines()[name], given)

    def route(**changes):
        zeros = np.zeros(replicas, dtype=np.int64)
        columns = {
            "is_up": np.ones(replicas, dtype=bool), "matched_tokens": zeros, "num_waiting": zeros,
            "num_running": zeros, "queued_tokens": zeros, "waiting_tokens": zeros,
            "kv_free_tokens": zeros + 440_000,
        }  # fmt: skip
        seen = {
            "now_s": 1.0, "waited_s": 0.0, "ttft_slo_s": 5.0, "prompt_tokens": 5000,
            "blocks": np.array([1, 2, 3]), "holds_left": 6, "report_age_s": 0.05,
        }  # fmt: skip
        for key, value in changes.items():
            of = columns if key in columns else seen
            of[key] = np.array(value) if isinstance(value, list) else value
        return decide({**seen, "replicas": SimpleNamespace(**columns)})

    return route


@pytest.mark.parametrize("name", PROBLEM.baselines())
def test_nobody_sends_to_a_replica_that_is_down(name):
    route = router(name)
    for _ in range(40):
        assert route(is_up=[False, False, True, False], queued_tokens=[0, 0, 9, 0]) in (2, -1)


def test_random_uses_all():
    route = router("random_replica")
    assert set(Counter(route() for _ in range(200))) == set(range(COUNT))


def test_round_robin_goes_round():
    route = router("round_robin")
    assert [route() for _ in range(5)] == [0, 1, 2, 3, 0]
    assert route(is_up=[True, False, True, True]) == 2


def test_the_least_is_taken():
    assert router("least_requests")(num_waiting=[3, 0, 0, 1], num_running=[0, 9, 2, 4]) == 2
    assert router("least_tokens")(queued_tokens=[9, 8, 7, 8]) == 2


def test_power_of_two_never_takes_the_worst():
    route = router("power_of_two")
    taken = {route(num_running=[9, 1, 5, 3]) for _ in range(200)}
    assert taken == {1, 2, 3}


def test_consistent_hashing_keeps_to_a_prefix_until_it_is_crowded():
    route = router("consistent_hashing")
    homes = {k: route(blocks=[1, k]) for k in range(200)}
    assert set(homes.values()) == set(range(COUNT))
    assert all(route(blocks=[1, k, 77, 78]) == home for k, home in homes.items())
    crowded = [20 if r == homes[0] else 4 for r in range(COUNT)]
    assert route(blocks=[1, 0], num_running=crowded) != homes[0]
    gone = {k: route(blocks=[1, k], is_up=[False, True, True, True]) for k in homes}
    assert all(gone[k] == home for k, home in homes.items() if home)  # the others stay


@pytest.mark.parametrize(
    ("matched", "running", "replica"),
    [
        ([0, 0, 2600, 0], [0, 5, 6, 3], 2),  # more than half of the prompt
        ([0, 0, 2400, 0], [0, 5, 6, 3], 0),  # less: the least loaded
        ([0, 0, 2600, 0], [0, 5, 32, 3], 2),  # 32 apart are even
        ([0, 0, 2600, 0], [0, 5, 33, 3], 0),
        ([0, 0, 2600, 0], [400, 405, 433, 403], 2),  # less than 1.1 times are even
    ],
)
def test_sglang(matched, running, replica):
    assert router("prefix_affinity_sglang")(matched_tokens=matched, num_running=running) == replica


@pytest.mark.parametrize(
    ("matched", "running", "replica"),
    [
        ([0, 512, 1024, 0], [1, 2, 2, 2], 2),
        ([0, 512, 1024, 0], [1, 2, 10, 2], 0),  # more than 8 apart: the least loaded
        ([0, 512, 1024, 0], [1, 2, 9, 2], 1),  # beyond mean and a deviation: the next best
        ([0, 0, 0, 0], [3, 2, 1, 2], 2),
        ([512, 512, 0, 0], [3, 2, 1, 2], 1),  # of equal matches the less loaded
    ],
)
def test_aibrix(matched, running, replica):
    assert router("prefix_affinity_aibrix")(matched_tokens=matched, num_running=running) == replica


def test_llumnix_takes_the_freest():
    free, wanted = [400_000, 300_000, 50_000, 10_000], [390_000, 0, 0, 0]
    route = router("max_freeness")
    assert route(kv_free_tokens=free, waiting_tokens=wanted, num_running=[1, 20, 2, 2]) == 2


def test_two_hashes_choose_by_cache_while_in_time():
    route = router("dual_hash")
    pair = {route(matched_tokens=[512 * (r == k) for r in range(COUNT)]) for k in range(COUNT)}
    assert len(pair) == 2
    cached, other = pair
    matched = [4608 * (r == cached) for r in range(COUNT)]
    queue = [10_000 * (r == cached) for r in range(COUNT)]
    assert route(matched_tokens=matched, queued_tokens=queue) == cached
    assert route(matched_tokens=matched, queued_tokens=queue, ttft_slo_s=0.4) == other


def test_a_request_waits_until_a_replica_accepts():
    route = router("accept_or_retry")
    assert route(queued_tokens=[5, 0, 9, 0], matched_tokens=[0, 0, 0, 512]) == 3
    assert route(queued_tokens=[5, 0, 9, 0], matched_tokens=[0, 0, 0, 512]) == 1  # 3 was sent to
    assert route(queued_tokens=[5, 0, 9, 0]) == -1
    assert route(queued_tokens=[5, 7, 9, 6], holds_left=0) == 0


def test_kv_cost_weighs_prompts_and_memory():
    route = router("kv_cost")
    free = [430_000, 440_000, 440_000, 400_000]
    assert route(kv_free_tokens=free, queued_tokens=[0, 20_000, 9_000, 0]) == 2
    assert route(kv_free_tokens=free, queued_tokens=[0, 20_000, 9_000, 0],
                 matched_tokens=[4000, 0, 0, 0]) == 0  # fmt: skip


@pytest.fixture(scope="module")
def scores():
    problem = RequestRouting()
    return {
        name: [play(problem, w, policy)[0].values for w in problem.workloads("search")]
        for name, policy in problem.baselines().items()
    }


def mean(scores, name, objective):
    return np.mean([values[objective] for values in scores[name]])


def test_affinity_computes_less_again_and_the_load_keeps_more_promises(scores):
    for affine in ("prefix_affinity_sglang", "prefix_affinity_aibrix", "dual_hash"):
        for blind in ("random_replica", "round_robin", "least_requests", "least_tokens"):
            assert mean(scores, affine, "recomputed") < 0.7 * mean(scores, blind, "recomputed")
            assert mean(scores, affine, "goodput") > mean(scores, blind, "goodput")


def test_no_baseline_is_best_in_everything(scores):
    objectives = {"goodput": max, "recomputed": min, "imbalance": min}
    best = {
        objective: choose(scores, key=lambda name, o=objective: mean(scores, name, o))
        for objective, choose in objectives.items()
    }
    assert len(set(best.values())) > 1
