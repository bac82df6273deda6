from __future__ import annotations

from typing import Any

import pytest

from evaluators.execution.cluster.admission import Admission


def found(level: str = "L2", device: str = "x86") -> dict[str, Any]:
    sandbox = {"level": level, "filter_sha256": "", "note": "install bubblewrap"}
    return {"node_id": "n", "sandbox": sandbox, "device": device}


@pytest.mark.parametrize(
    ("level", "least", "is_refused"),
    [("L3", "L2", False), ("L2", "L2", False), ("L1", "L2", True), ("none", "L1", True)],
)
def test_a_node_below_the_level_is_refused_with_what_would_raise_it(level, least, is_refused):
    why = Admission("", least, one_device=False).objection(found(level))
    assert bool(why) == is_refused
    assert ("install bubblewrap" in why) == is_refused


def test_measured_objectives_are_compared_within_the_kind_that_came_first():
    admission = Admission("", "L1", one_device=True)
    assert not admission.objection(found(device="x86"))
    assert not admission.objection(found(device="x86"))
    why = admission.objection(found(device="arm"))
    assert "arm" in why
    assert "x86" in why
    assert "--exact" in why


def test_a_run_that_goes_on_keeps_its_kind():
    assert Admission("", "L1", True, "x86").objection(found(device="arm"))


def test_every_kind_may_play_where_nothing_measured_decides():
    admission = Admission("", "L1", one_device=False)
    assert not admission.objection(found(device="x86"))
    assert not admission.objection(found(device="arm"))


def test_what_a_node_says_itself_is_passed_on():
    assert Admission("", "L1", True).objection({"refusal": "no disk"}) == "no disk"
