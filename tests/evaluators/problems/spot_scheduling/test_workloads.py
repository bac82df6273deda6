"""Splits keep apart what they must, and generated availability is what it claims to be."""

from __future__ import annotations

from itertools import combinations, groupby

import numpy as np
import pytest

from evaluators.contract import SPLITS
from evaluators.engines.availability import Process
from evaluators.problems.spot_scheduling.availability import LULLS, SCARCE, STEADY, seeded
from evaluators.problems.spot_scheduling.parameters import SpotParameters
from evaluators.problems.spot_scheduling.problem import SpotScheduling
from evaluators.problems.spot_scheduling.recordings import OPEN_SERIES, SEALED_SERIES
from tests.evaluators.problems.spot_scheduling import archives


def spells(has_spot):
    """Lengths in ticks of the whole spells that spot was there, and of those it was gone."""
    lengths = [(bool(k), len(list(g))) for k, g in groupby(has_spot.tolist())][1:-1]
    return [[n for k, n in lengths if k == kind] for kind in (True, False)]


@pytest.mark.parametrize(
    ("regime", "share", "there", "gone"),
    [(STEADY, 0.95, 39, 2.0), (SCARCE, 0.34, 3.5, 6.8), (LULLS, 0.3, 11.5, 27)],
)
def test_a_regime_has_the_means_that_are_said(regime, share, there, gone):
    drawn = Process("test", (regime,)).draw(seeded("test"), 200_000)
    lengths = spells(drawn)
    assert drawn.mean() == pytest.approx(share, abs=0.03)
    assert [np.mean(n) for n in lengths] == pytest.approx([there, gone], rel=0.08)
    assert all(np.std(n) > np.mean(n) for n in lengths)  # more than a geometric distribution


def test_a_modulated_process_has_days_of_both_kinds():
    process = Process("test", (STEADY, LULLS), regime_ticks=144)
    days = process.draw(seeded("test"), 144 * 500).reshape(500, 144).mean(axis=1)
    assert (days < 0.4).mean() > 0.15
    assert (days > 0.9).mean() > 0.15


def test_splits_have_enough_clusters():
    problem = SpotScheduling()
    clusters = {s: {w.cluster for w in problem.workloads(s)} for s in SPLITS}
    assert [len(clusters[s]) for s in ("search", "selection", "sealed")] == [15, 15, 30]
    assert not any(a & b for a, b in combinations(clusters.values(), 2))


def test_a_salt_changes_what_is_sealed_alone():
    plain, salted = SpotScheduling(), SpotScheduling()
    salted.salt = "other"
    for split in SPLITS:
        same = [
            a.digest == b.digest
            for a, b in zip(plain.workloads(split), salted.workloads(split), strict=True)
        ]
        assert not any(same) if split == "sealed" else all(same)


def test_recorded_splits_share_no_tick(tmp_path):
    problem = SpotScheduling(None, archives.write(tmp_path / "a.tar.gz", archives.contents()))
    spans = {s: [x for w in problem.workloads(s) for x in w.spans] for s in SPLITS}
    assert {x.source for x in spans["sealed"]} == set(SEALED_SERIES)
    assert {x.source for s in ("search", "selection") for x in spans[s]} == set(OPEN_SERIES)
    apart = [*spans["search"], *spans["selection"]]  # not even within a split
    for a, b in combinations(apart, 2):
        assert a.source != b.source or a.stop <= b.start or b.stop <= a.start
    for split in ("search", "selection"):
        assert len(spans[split]) == 4
        recorded = [w for w in problem.workloads(split) if w.spans]
        for w in recorded:
            assert w.spans[0].stop - w.spans[0].start == w.content["has_spot"].size


def test_recorded_sealed_workloads_are_every_window_under_every_setting(tmp_path):
    problem = SpotScheduling(None, archives.write(tmp_path / "a.tar.gz", archives.contents()))
    sealed = problem.workloads("sealed")
    assert len(sealed) == len(SEALED_SERIES) * len(archives.STARTS) * 2 * 3
    assert len({w.digest for w in sealed}) == len(sealed)
    assert len({w.family for w in sealed}) == 12
    assert {w.cluster for w in sealed} == {f"{s}|{b}" for s in SEALED_SERIES for b in range(3)}


def test_parameters_change_what_they_name():
    set_ = SpotScheduling(SpotParameters(deadline_h=60, restart_s=0, spot_usd_per_h=0.5))
    for w in set_.workloads("search"):
        given = set_.given(w)
        assert (given["deadline_s"], given["restart_s"]) == (60 * 3600, 0)
        assert 0.4 <= given["spot_usd_per_h"] <= 0.625
        assert given["on_demand_usd_per_h"] == 3.06


@pytest.mark.parametrize(
    "numbers",
    [
        {"deadline_h": 48},
        {"deadline_h": 93},
        {"restart_s": 601},
        {"restart_s": -2},
        {"spot_usd_per_h": 0.0},
        {"spot_usd_per_h": 3.07},
    ],
)
def test_numbers_that_make_no_job_are_refused(numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        SpotParameters(**numbers)
