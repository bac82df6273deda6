"""Splits keep apart what they must, and generated zones are what they claim to be."""

from __future__ import annotations

from itertools import combinations, groupby

import numpy as np
import pytest

from evaluators.contract import SPLITS
from evaluators.engines.availability import Process
from evaluators.problems.spot_scheduling_regions.dates import GROUPS, region_numbers
from evaluators.problems.spot_scheduling_regions.markets import (
    AMPLE,
    EVEN,
    LEAST_USD_PER_H,
    RARE,
    SCARCE,
    draw_market,
)
from evaluators.problems.spot_scheduling_regions.parameters import RegionParameters
from evaluators.problems.spot_scheduling_regions.problem import SpotSchedulingRegions
from evaluators.problems.spot_scheduling_regions.workloads import seeded
from tests.evaluators.problems.spot_scheduling import archives
from tests.evaluators.problems.spot_scheduling_regions import region_archives


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("archive") / "a.tar.gz"
    return SpotSchedulingRegions(None, archives.write(path, region_archives.contents()))


@pytest.mark.parametrize(
    ("regime", "there", "gone"),
    [
        (RARE, (7.5, 12.9), (56, 91)),
        (SCARCE, (19, 32), (31, 39)),
        (EVEN, (52, 73), (54, 56)),
        (AMPLE, (132, 194), (18, 20)),
    ],
)
def test_a_kind_of_zone_has_mean_and_deviation_of_the_recorded_ones(regime, there, gone):
    drawn = Process("test", (regime,)).draw(seeded("test"), 400_000)
    lengths = [(bool(k), len(list(g))) for k, g in groupby(drawn.tolist())][1:-1]
    for is_there, (mean, deviation) in ((True, there), (False, gone)):
        spells = [n for k, n in lengths if k == is_there]
        assert np.mean(spells) == pytest.approx(mean, rel=0.08)
        assert np.std(spells) == pytest.approx(deviation, rel=0.15)


def test_zones_of_a_region_are_alike_and_others_are_not():
    alike, others = [], []
    for copy in range(60):
        there, _ = draw_market(seeded("test", str(copy)), [0, 0, 1], 4000)
        if there.mean(axis=1).min() > 0.02 and there.mean(axis=1).max() < 0.98:
            correlation = np.corrcoef(there)
            alike.append(correlation[0, 1])
            others.append(correlation[0, 2])
    assert 0.2 < np.mean(alike) < 0.45
    assert abs(np.mean(others)) < 0.05


def test_prices_change_as_often_and_as_much_as_recorded_ones():
    _, usd_per_h = draw_market(seeded("test"), [0, 1, 2, 3, 4, 5, 6], 20_000)
    assert (usd_per_h >= LEAST_USD_PER_H).all()
    assert (usd_per_h <= 3.06).all()
    assert (usd_per_h == usd_per_h.round(4)).all()
    above = usd_per_h[usd_per_h.min(axis=1) > LEAST_USD_PER_H]
    changes = np.diff(np.log(above), axis=1)
    assert (changes != 0).mean() == pytest.approx(1 / 110, rel=0.15)
    assert changes[changes != 0].std() == pytest.approx(0.008, rel=0.1)


def test_splits_have_enough_clusters():
    problem = SpotSchedulingRegions()
    clusters = {s: {w.cluster for w in problem.workloads(s)} for s in SPLITS}
    assert [len(clusters[s]) for s in ("search", "selection", "sealed")] == [18, 24, 48]
    assert not any(a & b for a, b in combinations(clusters.values(), 2))
    for split in ("search", "selection", "sealed"):
        assert {w.family for w in problem.workloads(split)} == set(GROUPS)


def test_regions_are_numbered_as_they_appear():
    assert region_numbers(GROUPS["5-zones"][0]) == [0, 0, 1, 1, 2]
    assert region_numbers(GROUPS["9-zones"][0]) == [0, 1, 2, 0, 1, 2, 2, 1, 2]


def test_a_salt_changes_what_is_sealed_alone():
    plain, salted = SpotSchedulingRegions(), SpotSchedulingRegions()
    salted.salt = "other"
    for split in SPLITS:
        same = [
            a.digest == b.digest
            for a, b in zip(plain.workloads(split), salted.workloads(split), strict=True)
        ]
        assert not any(same) if split == "sealed" else all(same)


def test_recorded_dates_are_in_one_split_whatever_the_zone(recorded):
    """Half a day away from all that is sealed."""
    spans = {s: {(x.start, x.stop) for w in recorded.workloads(s) for x in w.spans} for s in SPLITS}
    assert len(spans["search"]) == len(spans["selection"]) == 1
    for a in (*spans["search"], *spans["selection"]):
        for b in spans["sealed"]:
            assert a[1] + 12 * 3600 <= b[0] or b[1] + 12 * 3600 <= a[0]
    assert max(spans["search"])[1] <= min(spans["selection"])[0]


def test_recorded_workloads_declare_all_of_their_trace(recorded):
    for split in ("search", "selection", "sealed"):
        declared = [w for w in recorded.workloads(split) if w.spans]
        assert len(declared) == (34 if split == "sealed" else 6)
        for w in declared:
            zones, _ = GROUPS[w.family]
            assert [x.source for x in w.spans] == list(zones)
            assert {x.stop - x.start for x in w.spans} == {195 * 1089}
            assert w.content["has_spot"].shape == (len(zones), 960)


def test_recorded_sealed_workloads_are_the_published_groups(recorded):
    sealed = recorded.workloads("sealed")
    counts = {group: len([w for w in sealed if w.family == group]) for group in GROUPS}
    assert list(counts.values()) == [8, 8, 6, 6, 4, 2]
    assert len({w.cluster for w in sealed}) == 8


def test_a_salt_draws_other_dates_that_are_not_open(recorded):
    salted = SpotSchedulingRegions(None, recorded._file)
    salted.salt = "other"
    opened = {x for s in ("search", "selection") for w in salted.workloads(s) for x in w.spans}
    drawn = {x for w in salted.workloads("sealed") for x in w.spans}
    assert [w.id for w in salted.workloads("sealed")] != [
        w.id for w in recorded.workloads("sealed")
    ]
    for a in opened:
        assert all(a.stop + 12 * 3600 <= b.start or b.stop + 12 * 3600 <= a.start for b in drawn)


def test_parameters_change_what_they_name():
    own = SpotSchedulingRegions()
    set_ = SpotSchedulingRegions(RegionParameters(deadline_h=56, restart_s=0, price_factor=0.5))
    for w, v in zip(set_.workloads("search"), own.workloads("search"), strict=True):
        given = set_.given(w)
        assert (given["deadline_s"], given["restart_s"]) == (56 * 3600 // 195 * 195, 0)
        ticks = v.content["has_spot"].shape[1]
        assert (w.content["has_spot"][:, :ticks] == v.content["has_spot"]).all()
        halved = v.content["spot_usd_per_h"] * 0.5
        assert (w.content["spot_usd_per_h"][:, :ticks] == halved).all()


@pytest.mark.parametrize(
    "numbers",
    [
        {"deadline_h": 49},
        {"deadline_h": 60},
        {"restart_s": 3601},
        {"restart_s": -1},
        {"price_factor": 0.0},
        {"price_factor": 1.7},
        {"billing": "free"},
    ],
)
def test_numbers_that_make_no_job_are_refused(numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        RegionParameters(**numbers)
