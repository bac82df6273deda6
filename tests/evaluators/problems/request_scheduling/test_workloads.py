"""What the generated and the recorded workloads promise."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.contract import SPLITS
from evaluators.engines.cost_model import ENGINES
from evaluators.errors import UsageError
from evaluators.problems.request_scheduling.clients import (
    BURSTY_TENANT,
    arrivals_s,
    draw_max_tokens,
    draw_tenants,
    seeded,
    slowdown,
)
from evaluators.problems.request_scheduling.instance import Label, Replica, Requests, instance
from evaluators.problems.request_scheduling.lengths import (
    CHAT,
    CODE,
    REASONING,
)
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.recorded import (
    CUTS,
    cut,
    parts,
    recorded_workloads,
)
from evaluators.problems.request_scheduling.saturation import (
    FCFS_SHARES,
    demand_of,
    fluid_rate_per_s,
    scarce_kv_tokens,
    sustained_rate_per_s,
)
from evaluators.problems.request_scheduling.workloads import PUBLISHED, SCENARIOS, workloads
from evaluators.traces import RequestTable, spread_ticks

H100 = ENGINES[0]
SIZES = {"search": (5, 1_500), "selection": (8, 10_000), "sealed": (15, 3_000)}
PER_REQUEST = {
    "arrival_s": "float64",
    "prompt_tokens": "int64",
    "output_tokens": "int64",
    "max_tokens": "int64",
    "tenant": "int64",
    "slo_class": "int64",
    "ttft_slo_s": "float64",
    "tpot_slo_s": "float64",
}


def every_workload(engine=H100):
    return [w for split in SPLITS for w in workloads(split, engine)]


def demand(workload):
    return demand_of(workload.content["prompt_tokens"], workload.content["output_tokens"])


@pytest.mark.parametrize("split", SIZES)
def test_splits_have_their_sizes(split):
    count, requests = SIZES[split]
    made = workloads(split, H100)
    assert len(made) == count
    assert {w.content["arrival_s"].size for w in made} == {requests}
    assert {w.family for w in made} == {s.name for s in SCENARIOS}
    assert len({w.cluster for w in made}) == count


def test_tiny_has_one_for_brute_force():
    assert [w.content["arrival_s"].size for w in workloads("tiny", H100)] == [5, 8, 12, 20]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.name)
def test_content_is_well_formed(engine):
    for w in every_workload(engine):
        c = w.content
        n = c["arrival_s"].size
        assert {k: c[k].dtype.name for k in PER_REQUEST} == PER_REQUEST
        assert all(c[k].shape == (n,) for k in PER_REQUEST)
        assert all(c[k].shape == () for k in ("kv_capacity_tokens", "engine", "warmup"))
        assert (np.diff(c["arrival_s"]) >= 0).all()
        assert min(c["prompt_tokens"].min(), c["output_tokens"].min()) >= 1
        assert (c["output_tokens"] <= c["max_tokens"]).all()
        assert (c["prompt_tokens"] + c["max_tokens"] <= c["kv_capacity_tokens"]).all()
        assert 0 <= c["warmup"] < n
        assert c["kv_capacity_tokens"] <= ENGINES[c["engine"]].kv_capacity_tokens


def test_sealed_plays_a_second_engine_too():
    assert {int(w.content["engine"]) for w in workloads("search", ENGINES[2])} == {2}
    assert {int(w.content["engine"]) for w in workloads("sealed", ENGINES[2])} == {0, 2}
    assert {int(w.content["engine"]) for w in workloads("sealed", H100)} == {0, 1}


def test_a_calibrated_engine_is_marked():
    mine = dataclasses.replace(H100, name="mine", token_s=3e-5)
    assert {int(w.content["engine"]) for w in workloads("search", mine)} == {-1}


def test_memory_may_be_chosen():
    chosen = workloads("search", H100, SchedulingParameters(kv_capacity_tokens=50_000))
    assert {int(w.content["kv_capacity_tokens"]) for w in chosen} == {50_000}
    longest = max((w.content["prompt_tokens"] + w.content["output_tokens"]).max() for w in chosen)
    assert longest <= 50_000


@pytest.mark.parametrize(("split", "factor"), [("search", 1.0), ("selection", 0.95)])
def test_loads_are_those_of_the_scenario(split, factor):
    for w, scenario in zip(workloads(split, H100), SCENARIOS, strict=False):
        rate_per_s = w.content["arrival_s"].size / w.content["arrival_s"][-1]
        kv_tokens = int(w.content["kv_capacity_tokens"])
        sustained = sustained_rate_per_s(H100, demand(w), kv_tokens, scenario.applications)
        assert rate_per_s / sustained == pytest.approx(factor * scenario.load, rel=1e-6)


@pytest.mark.parametrize(
    ("lengths", "prompt", "output"),
    [
        (CHAT, (1020, 2734, 4142, 1155), (129, 424, 601, 211)),
        (CODE, (1469, 5188, 7436, 2048), (13, 55, 251, 28)),
        (REASONING, (208, 2092, 23423, 1268), (792, 3432, 12607, 1527)),
    ],
    ids=lambda x: getattr(x, "name", ""),
)
def test_lengths_match_the_published_statistics(lengths, prompt, output):
    drawn = lengths.sample(np.random.default_rng(0), 200_000)
    for tokens, published in zip(drawn, (prompt, output), strict=True):
        p50, p90, p99, mean = published
        assert np.quantile(tokens, [0.5, 0.9, 0.99]) == pytest.approx([p50, p90, p99], rel=0.05)
        assert tokens.mean() == pytest.approx(mean, rel=0.06)


def test_chat_lengths_are_those_of_the_real_trace(data_dir):
    rows = np.loadtxt(
        data_dir / "traces/azure_conv_2023.csv", delimiter=",", skiprows=1, usecols=(1, 2)
    )
    drawn = CHAT.sample(np.random.default_rng(0), 200_000)
    for real, tokens in zip(rows.T, drawn, strict=True):
        levels = np.linspace(0.02, 0.98, 33)
        distance = np.abs(
            np.searchsorted(np.sort(tokens), np.quantile(real, levels)) / tokens.size - levels
        )
        assert np.median(distance) < 0.03


@given(st.floats(0.5, 4.0), st.floats(0.1, 50.0))
def test_arrivals_have_their_rate_and_variation(cv, rate_per_s):
    times = arrivals_s(np.random.default_rng(1), 20_000, rate_per_s, cv)
    gaps = np.diff(times)
    assert times[-1] == pytest.approx(20_000 / rate_per_s)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.15)


def test_tenants_have_zipf_shares_and_one_comes_in_bursts():
    tenant = draw_tenants(np.random.default_rng(0), 40_000)
    shares = np.bincount(tenant) / tenant.size
    zipf = 1 / np.arange(1, 9)
    assert shares == pytest.approx(zipf / zipf.sum(), abs=0.03)

    def variance_to_mean(k):
        counts = (tenant == k).reshape(-1, 40).sum(axis=1)
        return counts.var() / counts.mean()

    assert variance_to_mean(BURSTY_TENANT) > 5
    assert all(variance_to_mean(k) < 2.5 for k in range(8) if k != BURSTY_TENANT)


def test_the_bursty_one_of_two_tenants_has_its_zipf_share():
    tenant = draw_tenants(np.random.default_rng(0), 400_000, tenants=2)
    assert tenant.mean() == pytest.approx(1 / 3, abs=0.01)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=50))
def test_declared_limits_bound_the_output(output):
    tokens = np.array(output)
    declared = draw_max_tokens(np.random.default_rng(0), tokens)
    assert (tokens <= declared).all()
    assert (declared <= 4 * tokens).all()


def test_promises_grow_with_the_engine_and_the_prompt():
    slow = [slowdown(e) for e in ENGINES]
    assert slow[0] == 1.0
    assert slow[1] > 2.0
    c = workloads("search", H100)[0].content
    interactive = c["slo_class"] == 0
    assert (np.unique(c["tpot_slo_s"]) == [0.025, 0.05, 0.1]).all()
    by_prompt = np.argsort(c["prompt_tokens"][interactive], kind="stable")
    assert (np.diff(c["ttft_slo_s"][interactive][by_prompt]) >= 0).all()
    assert c["ttft_slo_s"].min() > 0.5


def test_seeds_are_fixed():
    assert seeded("a", 1).integers(10**9) == seeded("a", 1).integers(10**9)
    assert seeded("a", 1).integers(10**9) != seeded("a", 2).integers(10**9)


def test_every_scenario_of_every_engine_has_a_bisected_share():
    assert set(FCFS_SHARES) == {(e.name, s.applications) for e in ENGINES for s in SCENARIOS}


@given(
    st.lists(st.integers(1, 5_000), min_size=1, max_size=20),
    st.sampled_from(ENGINES),
    st.integers(1, 50),
)
def test_more_memory_never_lowers_the_fluid_rate(tokens, engine, blocks):
    d = demand_of(np.array(tokens), np.array(tokens[::-1]))
    assert fluid_rate_per_s(engine, d, 1024 * blocks) <= fluid_rate_per_s(engine, d, 2048 * blocks)
    scarce = scarce_kv_tokens(engine, d)
    assert d.longest_tokens <= scarce <= engine.kv_capacity_tokens


def test_a_request_beyond_the_memory_is_refused():
    ones = np.ones(2, dtype=np.int64)
    requests = Requests(np.array([0.0, 1.0]), 600 * ones, 600 * ones, ones)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="longer than 1024"):
        instance(Label("w", "f", "c"), rng, Replica(H100, 1024), requests, warmup=0)


# --- recorded traces


def table(count=4_000, seed=0):
    rng = np.random.default_rng(seed)
    prompt, output = CHAT.sample(rng, count)
    return RequestTable("made:1", arrivals_s(rng, count, 5.0, 1.5), prompt, output)


def write_azure(path, t):
    stamps = np.datetime64("2024-01-01") + (t.arrival_s * 1e6).astype("timedelta64[us]")
    rows = zip(stamps, t.prompt_tokens, t.output_tokens, strict=True)
    lines = [f"{str(s).replace('T', ' ')},{p},{o}\n" for s, p, o in rows]
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(lines))
    return str(path)


def test_a_trace_is_cut_by_time_and_never_shared():
    t = table()
    cuts = parts(t)
    assert [cuts[s] for s in ("search", "selection", "sealed")] == sorted(cuts.values())
    for split, share in (("search", 0.6), ("selection", 0.2), ("sealed", 0.2)):
        begin, end = cuts[split]
        span_s = t.arrival_s[end - 1] - t.arrival_s[begin]
        assert span_s / t.arrival_s[-1] == pytest.approx(share, abs=0.01)


@given(st.integers(400, 20_000), st.sampled_from(sorted(CUTS)))
def test_blocks_score_disjoint_rows_inside_their_part(size, split):
    blocks = list(cut(CUTS[split], 100, 100 + size))
    assert len(blocks) == CUTS[split].blocks
    assert all(100 <= b.warm < b.start < b.stop <= 100 + size for b in blocks)
    assert all(a.stop <= b.start for a, b in pairwise(blocks))


def test_recorded_workloads(tmp_path):
    t = table()
    path = write_azure(tmp_path / "trace.csv", t)
    made = {
        s: recorded_workloads(path, s, H100, PUBLISHED) for s in ("search", "selection", "sealed")
    }
    assert {s: len(w) for s, w in made.items()} == {"search": 6, "selection": 6, "sealed": 40}
    assert len({w.cluster for w in made["sealed"]}) == 20
    rows = {s: {i for w in ws for p in w.spans for i in range(p.start, p.stop)}
            for s, ws in made.items()}  # fmt: skip
    assert not rows["search"] & rows["selection"]
    assert not (rows["search"] | rows["selection"]) & rows["sealed"]
    for w in (w for ws in made.values() for w in ws):
        span = w.spans[0]
        assert (w.content["prompt_tokens"] == t.prompt_tokens[span.start : span.stop]).all()
        natural_s = np.diff(t.arrival_s[span.start : span.stop])
        played_s = np.diff(w.content["arrival_s"])
        factor = played_s.sum() / natural_s.sum()
        assert played_s == pytest.approx(factor * natural_s, abs=1e-5)


def test_recorded_loads_are_those_of_the_cut(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table())
    for i, w in enumerate(
        recorded_workloads(path, "sealed", H100, SchedulingParameters(kv_capacity_tokens=60_000))
    ):
        engine = ENGINES[w.content["engine"]]
        rate_per_s = w.content["arrival_s"].size / w.content["arrival_s"][-1]
        load = rate_per_s / sustained_rate_per_s(engine, demand(w), 60_000)
        assert load == pytest.approx(CUTS["sealed"].loads[i // 2 % 5], rel=1e-6)


def test_short_blocks_are_as_many_as_an_interval_needs(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table())
    set_otherwise = SchedulingParameters(requests=60, load=0.8, iteration_s_factor=1.2)
    made = recorded_workloads(path, "selection", H100, set_otherwise)
    assert len({w.cluster for w in made}) == len(made) == 8
    for w in made:
        assert w.content["arrival_s"].size == 60
        engine = set_otherwise.cost_of(ENGINES[w.content["engine"]])
        rate_per_s = w.content["arrival_s"].size / w.content["arrival_s"][-1]
        kv_tokens = int(w.content["kv_capacity_tokens"])
        load = rate_per_s / sustained_rate_per_s(engine, demand(w), kv_tokens)
        assert load == pytest.approx(0.8, rel=1e-6)


def test_search_meets_every_load_on_either_engine(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table())
    made = recorded_workloads(path, "search", H100, PUBLISHED)
    met = {(int(w.content["engine"]), w.id.rpartition("-x")[2]) for w in made}
    assert len(met) == len(made) == 2 * len(CUTS["search"].loads)


def test_a_salt_gives_recorded_requests_other_clients(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table())
    published, salted = (
        recorded_workloads(path, "sealed", H100, PUBLISHED, salt)[0].content for salt in ("", "x")
    )
    for name in ("arrival_s", "prompt_tokens", "output_tokens"):
        assert (published[name] == salted[name]).all()
    for name in ("tenant", "slo_class", "max_tokens"):
        assert (published[name] != salted[name]).any()


def test_a_short_trace_is_refused(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table(1_000))
    with pytest.raises(UsageError, match=r"requests fall into the selection part") as refusal:
        recorded_workloads(path, "search", H100, PUBLISHED)
    assert "at least 400" in refusal.value.hint


def test_a_trace_that_does_not_fit_is_refused(tmp_path):
    path = write_azure(tmp_path / "trace.csv", table())
    with pytest.raises(UsageError, match="does not fit into the memory") as refusal:
        recorded_workloads(path, "search", H100, SchedulingParameters(kv_capacity_tokens=2_048))
    assert "kv_capacity_tokens" in refusal.value.hint


def test_a_block_at_one_instant_is_refused(tmp_path):
    t = table()
    flat = np.where(np.arange(4_000) < 1_500, 0.0, t.arrival_s)
    path = write_azure(tmp_path / "trace.csv", dataclasses.replace(t, arrival_s=flat))
    with pytest.raises(UsageError, match="arrive at one instant"):
        recorded_workloads(path, "search", H100, PUBLISHED)


def test_ticks_are_spread_and_other_times_are_left():
    rng = np.random.default_rng(0)
    ticks = np.repeat([0.0, 3.0, 6.0, 12.0], 5)
    spread = spread_ticks(rng, ticks)
    assert np.unique(spread).size == 20
    assert (np.diff(spread) >= 0).all()
    assert (np.floor(spread / 3) * 3 == ticks).all()
    untouched = np.arange(10.0)
    assert spread_ticks(rng, untouched) is untouched


@pytest.mark.parametrize(
    ("name", "kv_tokens"),
    [("azure_conv_2023.csv", 0), ("mooncake_conversation.jsonl.gz", 0)],
)
def test_real_traces_make_every_split(data_dir, name, kv_tokens):
    path = str(data_dir / "traces" / name)
    for split, count in (("search", 6), ("selection", 6), ("sealed", 40)):
        made = recorded_workloads(
            path, split, H100, SchedulingParameters(kv_capacity_tokens=kv_tokens)
        )
        assert len(made) == count
        assert len({w.digest for w in made}) == count
        assert all((np.diff(w.content["arrival_s"]) >= 0).all() for w in made)
