"""The published figures of Mooncake's conversation trace, and that drawn ones are alike."""

from __future__ import annotations

import gzip
import hashlib
import math
from collections import Counter

import numpy as np
import pytest

from evaluators.problems.request_routing.problem import RequestRouting
from evaluators.problems.request_routing.recorded import trace
from evaluators.problems.request_routing.sessions import Trace, draw_trace
from evaluators.problems.request_routing.sharing import first_seen_tokens, hit_share
from evaluators.problems.request_routing.workloads import seeded

SHA256 = "b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df"
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


@pytest.fixture(scope="module")
def path(data_dir):
    file = data_dir / "traces" / "mooncake_conversation.jsonl.gz"
    assert hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest() == SHA256
    return str(file)


@pytest.fixture(scope="module")
def recorded(path):
    table = trace(path)
    return Trace(table.arrival_s, table.prompt_tokens, table.output_tokens, table.blocks)


@pytest.fixture(scope="module")
def drawn():
    return [draw_trace(seeded("whole", str(i)), 12_031, 3537.0) for i in range(3)]


def hits(of, capacity):
    return hit_share(of.blocks, of.prompt_tokens, capacity)


@pytest.mark.parametrize(
    ("blocks", "percent"),
    [(1_000, 4.5), (5_000, 11.4), (20_000, 29.3), (100_000, 37.1), (math.inf, 37.4)],
)
def test_what_one_cache_of_so_many_blocks_has(recorded, blocks, percent):
    assert round(100 * hits(recorded, blocks), 1) == percent


def test_what_is_known_of_the_trace(recorded):
    assert len(recorded.blocks) == 12_031
    assert {own[0] for own in recorded.blocks} == {0}  # the system prompt
    uses = Counter(block for own in recorded.blocks for block in own)
    assert round(np.mean([n == 1 for n in uses.values()]), 2) == 0.76
    assert round(recorded.prompt_tokens.mean()) == 12_035
    assert round(recorded.output_tokens.mean()) == 343
    fresh = first_seen_tokens(recorded.blocks, recorded.prompt_tokens)
    assert round(1 - fresh.sum() / recorded.prompt_tokens.sum(), 3) == 0.374


def test_drawn_sessions_share_as_much_as_the_recorded(recorded, drawn):
    """The points of the curve within 4 % of all prompt tokens."""
    for blocks in (1_000, 5_000, 20_000, 100_000, math.inf):
        mean = np.mean([hits(d, blocks) for d in drawn])
        assert mean == pytest.approx(hits(recorded, blocks), abs=0.04)
    for d in drawn:
        uses = Counter(block for own in d.blocks for block in own)
        assert np.mean([n == 1 for n in uses.values()]) == pytest.approx(0.76, abs=0.04)


def test_drawn_requests_are_as_long_and_as_many_as_the_recorded(recorded, drawn):
    for name in ("prompt_tokens", "output_tokens"):
        expected = np.quantile(getattr(recorded, name), LEVELS)
        found = np.mean([np.quantile(getattr(d, name), LEVELS) for d in drawn], axis=0)
        assert found == pytest.approx(expected, rel=0.15), name
    for d in drawn:
        assert d.prompt_tokens.mean() == pytest.approx(12_035, rel=0.12)
        assert d.output_tokens.mean() == pytest.approx(343, rel=0.05)
        assert d.arrival_s[-1] == pytest.approx(3537, rel=0.05)


def test_drawn_requests_continue_sessions_as_often_as_the_recorded(recorded, drawn):
    def new(of):
        """Share of the requests of which all but the system prompt is new."""
        fresh = first_seen_tokens(of.blocks, of.prompt_tokens)
        return np.mean(fresh >= of.prompt_tokens - 512)

    assert new(recorded) == pytest.approx(0.61, abs=0.005)
    for d in drawn:
        assert new(d) == pytest.approx(new(recorded), abs=0.04)


def test_the_recorded_workloads_keep_most_of_what_can_be_shared(path):
    problem = RequestRouting(None, path)
    for split, least in (("search", 0.27), ("selection", 0.25), ("sealed", 0.20)):
        shares = [
            hits(Trace(i.arrival_s, i.prompt_tokens, i.output_tokens, i.blocks), math.inf)
            for i in map(problem.instance, problem.workloads(split))
        ]
        assert len(shares) == 8
        assert min(shares) > least


def test_no_split_has_another_ones_requests(path):
    problem = RequestRouting(None, path)
    spans = [{(s.start, s.stop) for w in problem.workloads(k) for s in w.spans}
             for k in ("search", "selection", "sealed")]  # fmt: skip
    assert [stop - start for ((start, stop),) in spans] == [5605, 3171, 3255]
