from dataclasses import replace

import pytest

from archive.constraint import Constraint
from archive.entry import REJECTED, Entry, num_evaluated
from archive.front import Front
from archive.progress import Progress, progress
from evaluators.contract import Objective
from tests.archive.making import entry

SPEED = Objective("speed", "m/s", "higher", "exact", reference=0.0, worst=0.0, resolution=0.01)
COST = Objective("cost", "$", "lower", "exact", reference=1.0, worst=1.0, resolution=0.01)
LIMITS = {"speed": 1.0, "cost": 0.0}


def test_volume_evaluations_and_dollars_after_every_commit():
    entries = [
        entry(1, {"speed": 0.5, "cost": 0.5}),
        replace(entry(2, {"speed": 0.9, "cost": 0.1}), decision="duplicate"),
        replace(entry(3, {"speed": 0.4, "cost": 0.6}), decision="dominated"),
        replace(entry(4, {}), decision="failed", values={}),
        entry(5, {"speed": 1.0, "cost": 0.5}),
    ]
    found = progress(entries, Front((SPEED, COST)), (SPEED, COST), LIMITS, {2: 0.25, 5: 0.5})
    assert [p.evaluations for p in found] == [1, 1, 2, 3, 4]
    assert [p.usd for p in found] == [0.0, 0.25, 0.25, 0.25, 0.75]
    assert [p.hypervolume for p in found] == pytest.approx([0.25, 0.25, 0.25, 0.25, 0.5])


def test_a_reply_without_a_policy_is_no_evaluation():
    rejected = replace(entry(1, {}).proposal, rejection="no program")
    found = progress([Entry.rejected(rejected)], Front((SPEED,)), (SPEED,), LIMITS, {1: 0.5})
    assert found == [Progress(0, 0.5, 0.0)]
    assert num_evaluated({"front": 2, "failed": 3, "duplicate": 4}, {REJECTED: 2, "crash": 1}) == 3


def test_without_a_box_there_is_no_volume():
    found = progress([entry(1, {"speed": 0.5, "cost": 0.5})], Front((SPEED, COST)), (), {}, {})
    assert found == [Progress(1, 0.0, 0.0)]


def test_what_breaks_a_requirement_is_no_growth():
    entries = [entry(1, {"speed": 0.9, "cost": 0.5}), entry(2, {"speed": 0.4, "cost": 0.25})]
    front = Front((SPEED, COST), [Constraint(COST, "<=", 0.3)])
    found = progress(entries, front, (SPEED, COST), LIMITS, {})
    assert [p.hypervolume for p in found] == pytest.approx([0.0, 0.3])
