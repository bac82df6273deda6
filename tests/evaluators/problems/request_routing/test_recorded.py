"""A recorded trace is cut by time and dealt out by session; what is wrong with it is said."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.request_routing.parameters import RoutingParameters
from evaluators.problems.request_routing.problem import RequestRouting
from evaluators.problems.request_routing.recorded import DEALS, trace
from evaluators.problems.request_routing.sessions import draw_trace
from evaluators.problems.request_routing.workloads import seeded

SPLITS = ("search", "selection", "sealed")


def lines_of(drawn):
    columns = (drawn.arrival_s, drawn.prompt_tokens, drawn.output_tokens, drawn.blocks)
    return [
        {"timestamp": int(1000 * t), "input_length": int(p), "output_length": int(o),
         "hash_ids": list(b)}
        for t, p, o, b in zip(*columns, strict=True)
    ]  # fmt: skip


def written(tmp_path, lines, name="trace.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.fixture(scope="module")
def lines():
    return lines_of(draw_trace(seeded("recorded"), 2400, 2400.0))


def test_every_split_has_its_own_time_and_whole_sessions(tmp_path, lines):
    problem = RequestRouting(None, written(tmp_path, lines))
    spans = {}
    for split in SPLITS:
        drawn = problem.workloads(split)
        assert len({w.cluster for w in drawn}) == len(drawn) == DEALS
        spans[split] = {(s.start, s.stop) for w in drawn for s in w.spans}
        sessions = [{own[1] for own in problem.instance(w).blocks if len(own) > 1} for w in drawn]
        assert len(set().union(*sessions)) == sum(map(len, sessions))
    (first,), (second,), (third,) = (spans[s] for s in SPLITS)
    assert first[0] == 0
    assert (first[1], second[1]) == (second[0], third[0])
    assert third[1] == len(lines)


def test_deals_hold_every_request_once(tmp_path, lines):
    problem = RequestRouting(None, written(tmp_path, lines))
    dealt = sum(len(w.content["arrival_s"]) for s in SPLITS for w in problem.workloads(s))
    assert dealt == len(lines)


def test_a_salt_deals_out_the_sealed_part_anew(tmp_path, lines):
    path = written(tmp_path, lines)
    plain, salted = RequestRouting(None, path), RequestRouting(None, path)
    salted.salt = "other"
    for split in SPLITS:
        pairs = zip(plain.workloads(split), salted.workloads(split), strict=True)
        same = [a.digest == b.digest for a, b in pairs]
        assert not any(same) if split == "sealed" else all(same)


def test_ticks_are_spread(tmp_path, lines):
    ticked = [{**line, "timestamp": line["timestamp"] // 3000 * 3000} for line in lines]
    times_s = trace(written(tmp_path, ticked)).arrival_s
    assert len(np.unique(times_s)) > 0.9 * len(lines)
    assert (np.diff(times_s) >= 0).all()


def spoilt(lines, row, **changes):
    return [{**line, **changes} if i == row else line for i, line in enumerate(lines)]


@pytest.mark.parametrize(
    ("row", "changes", "expected"),
    [
        (3, {"hash_ids": [0]}, "request 4 has 1 hash_ids for 600 tokens"),
        (3, {"hash_ids": "0 1"}, "line 4: hash_ids is '0 1'"),
        (3, {"hash_ids": [0, -1]}, "line 4: hash_ids is [0, -1]"),
        (3, {"hash_ids": [0, 1.5]}, "line 4: hash_ids is [0, 1.5]"),
        (3, {"hash_ids": [7, 1]}, "request 4 has 1 of hash_ids behind 7, an earlier one behind 0"),
        (3, {"input_length": 2_000_000, "hash_ids": list(range(3907))}, "a request of 2000010"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, row, changes, expected):
    plain = [
        {"timestamp": 100 * i, "input_length": 600, "output_length": 10, "hash_ids": [0, 1]}
        for i in range(2000)
    ]
    path = written(tmp_path, spoilt(plain, row, **changes))
    with pytest.raises(UsageError) as caught:
        RequestRouting(None, path)
    assert path in caught.value.message
    assert expected in caught.value.message
    assert caught.value.hint


def test_a_file_without_blocks_is_refused(tmp_path):
    path = tmp_path / "azure.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n")
    with pytest.raises(UsageError, match="request 1 has 0 hash_ids for 374 tokens"):
        RequestRouting(None, str(path))


def test_a_file_with_too_few_requests_is_refused(tmp_path, lines):
    with pytest.raises(UsageError) as caught:
        RequestRouting(None, written(tmp_path, lines[:300]))
    assert "deals of its search part" in caught.value.message


def test_a_request_must_fit_into_the_engines(tmp_path, lines):
    long = spoilt(lines, 9, input_length=200_000, hash_ids=[0, *range(10**6, 10**6 + 390)])
    path = written(tmp_path, long)
    RequestRouting(None, path)
    with pytest.raises(UsageError, match="a request of 200"):
        RequestRouting(RoutingParameters(engine="llama2-7b-a100"), path)
