"""Splits keep apart what they must, families differ in what they say, sessions share prefixes."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from evaluators.contract import SPLITS
from evaluators.engines.cost_model import ENGINES
from evaluators.engines.prefix_cache import BLOCK_TOKENS
from evaluators.errors import UsageError
from evaluators.problems.request_routing.parameters import RoutingParameters
from evaluators.problems.request_routing.problem import RequestRouting
from evaluators.problems.request_routing.sessions import draw_trace
from evaluators.problems.request_routing.workloads import FAMILIES, prefills_s, seeded


def test_splits_have_enough_clusters():
    problem = RequestRouting()
    clusters = {s: {w.cluster for w in problem.workloads(s)} for s in SPLITS}
    assert [len(clusters[s]) for s in ("search", "selection", "sealed")] == [4, 12, 24]
    assert not any(a & b for a, b in combinations(clusters.values(), 2))
    for split in SPLITS:
        assert {w.family for w in problem.workloads(split)} == set(FAMILIES)


def test_a_salt_changes_what_is_sealed_alone():
    plain, salted = RequestRouting(), RequestRouting()
    salted.salt = "other"
    for split in SPLITS:
        pairs = zip(plain.workloads(split), salted.workloads(split), strict=True)
        same = [a.digest == b.digest for a, b in pairs]
        assert not any(same) if split == "sealed" else all(same)


def test_families_are_what_they_say():
    problem = RequestRouting()
    for w in problem.workloads("selection"):
        instance = problem.instance(w)
        assert (len(set(instance.engines)) == 2) == (w.family == "mixed")
        assert instance.report_s == (5.0 if w.family == "stale" else 0.1)
        assert len(instance.outages) == (w.family == "failing")
        for outage in instance.outages:
            assert 0 < outage.from_s < outage.until_s < instance.arrival_s[-1]


@pytest.mark.parametrize("load", [0.5, 0.8, 2.0])
def test_the_load_is_what_prompts_take_over_what_engines_have(load):
    problem = RequestRouting(RoutingParameters(load=load))
    for w in problem.workloads("search"):
        instance = problem.instance(w)
        shares = [1 / prefills_s(e, instance.prompt_tokens).sum() for e in instance.engines]
        assert 1 / sum(shares) / instance.arrival_s[-1] == pytest.approx(load)


def test_parameters_change_what_they_name():
    names = {"engine": "llama-70b-h100-tp4", "other_engine": "llama-70b-h100-tp8"}
    problem = RequestRouting(RoutingParameters(replicas=3, cache_blocks=7, report_s=2.0, **names))
    for w in problem.workloads("search"):
        given = problem.given(w)
        assert (len(given["token_s"]), given["cache_blocks"], given["report_s"]) == (3, 7, 2.0)
        assert {e.name for e in problem.instance(w).engines} <= set(names.values())


@pytest.mark.parametrize(
    "numbers",
    [{"load": 0.0}, {"load": 11.0}, {"replicas": 1}, {"replicas": 17}, {"cache_blocks": -1},
     {"report_s": -0.1}],
)  # fmt: skip
def test_numbers_that_make_no_cluster_are_refused(numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        RoutingParameters(**numbers)


def test_an_unknown_engine_is_the_users_fault():
    with pytest.raises(UsageError) as caught:
        RoutingParameters(engine="llama3-8b-a10")
    assert "llama3-8b-a100" in caught.value.hint


def test_prompts_are_chains_of_blocks():
    trace = draw_trace(seeded("test"), 500, 1000.0)
    before: dict[int, int] = {}
    for own, tokens in zip(trace.blocks, trace.prompt_tokens.tolist(), strict=True):
        assert own[0] == 0
        assert len(own) == -(-tokens // BLOCK_TOKENS)
        for last, block in pairwise(own):
            assert before.setdefault(block, last) == last
    assert (np.diff(trace.arrival_s) >= 0).all()
    assert (trace.prompt_tokens + trace.output_tokens <= ENGINES[0].kv_capacity_tokens).all()


def test_hashes_tell_nothing_of_their_order():
    problem = RequestRouting()
    instance = problem.instance(problem.workloads("search")[0])
    firsts = np.array([own[-1] for own in instance.blocks], dtype=float)
    assert abs(np.corrcoef(firsts, np.arange(len(firsts)))[0, 1]) < 0.15
