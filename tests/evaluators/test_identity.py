"""A digest changes with everything that may change a score, and with nothing else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from evaluators.contract import Policy, Span, Workload
from evaluators.identity import policy_seed, problem_digest, sha256_json, workload_set_digest
from evaluators.parameters import added
from tests.evaluators.test_testing import OneMachine


class Renamed(OneMachine):
    name = "two_machines"


class Renumbered(OneMachine):
    version = 4


class OtherPrelude(OneMachine):
    prelude = "LIMIT = 1\n"


class OtherMaximum(OneMachine):
    signature = dataclasses.replace(OneMachine.signature, maxima={"jobs": 33})


class OtherResolution(OneMachine):
    objectives = (
        dataclasses.replace(OneMachine.objectives[0], resolution=0.02),
        OneMachine.objectives[1],
    )


class OtherSealed(OneMachine):
    def workloads(self, split):
        return super().workloads(split)[:2] if split == "sealed" else super().workloads(split)


class OtherCluster(OneMachine):
    def workloads(self, split):
        return [dataclasses.replace(w, cluster="one") for w in super().workloads(split)]


@dataclasses.dataclass(frozen=True)
class Speed:
    speed: float = 1.0


@dataclasses.dataclass(frozen=True)
class SpeedAndHeat:
    speed: float = 1.0
    heat: float = added(20.0)


class OtherStatement(OneMachine):
    statement = "other words"


CHANGES = [Renamed, Renumbered, OtherPrelude, OtherMaximum, OtherResolution, OtherSealed,
           OtherCluster]  # fmt: skip


@pytest.mark.parametrize("problem", CHANGES)
def test_what_may_change_a_score_changes_the_digest(problem):
    assert problem_digest(problem()) != problem_digest(OneMachine())


def test_parameters_change_the_digest():
    fast, slow = OneMachine(Speed(2.0)), OneMachine(Speed(1.0))
    assert problem_digest(fast) != problem_digest(slow)


def test_a_parameter_that_came_later_changes_the_digest_where_it_is_set():
    before = problem_digest(OneMachine(Speed(1.0)))
    assert problem_digest(OneMachine(SpeedAndHeat(1.0))) == before
    assert problem_digest(OneMachine(SpeedAndHeat(1.0, 30.0))) != before


def test_words_for_the_proposer_do_not_change_the_digest():
    assert problem_digest(OtherStatement()) == problem_digest(OneMachine())


ARRAYS = npst.arrays(st.sampled_from(["int64", "float64"]), npst.array_shapes(max_dims=2))


@given(ARRAYS, ARRAYS)
def test_workloads_of_other_content_have_other_digests(a, b):
    v, w = Workload("v", "f", "c", {"x": a}), Workload("w", "f", "c", {"x": b})
    equal = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    assert (v.digest == w.digest) == equal


def test_a_workload_is_its_family_and_content():
    content = {"x": np.arange(6.0), "y": np.array(3)}
    w = Workload("w", "f", "c", content)
    other_label = Workload("v", "f", "d", dict(reversed(content.items())), (Span("file", 0, 5),))
    assert other_label.digest == w.digest
    assert Workload("w", "g", "c", content).digest != w.digest
    assert Workload("w", "f", "c", {"x": content["x"]}).digest != w.digest
    reshaped = {**content, "x": content["x"].reshape(2, 3)}
    assert Workload("w", "f", "c", reshaped).digest != w.digest


def test_memory_order_is_not_content():
    matrix = np.arange(6.0).reshape(2, 3)
    c_order = Workload("w", "f", "c", {"x": matrix})
    assert Workload("w", "f", "c", {"x": np.asfortranarray(matrix)}).digest == c_order.digest


def test_a_set_of_workloads_is_its_ids_and_contents():
    v, w = (Workload(i, "f", i, {"x": np.array(i == "v")}) for i in "vw")
    assert workload_set_digest([v, w]) == workload_set_digest([v, w])
    assert workload_set_digest([v, w]) != workload_set_digest([w, v])
    renamed = dataclasses.replace(v, id="u")
    assert workload_set_digest([v]) != workload_set_digest([renamed])


@given(st.text(), st.text(), st.integers(0, 5))
def test_a_policys_seed_is_a_function_of_where_it_plays(digest, workload_id, repeat):
    seed = policy_seed(digest, workload_id, repeat)
    assert 0 <= seed < 2**63
    assert seed == policy_seed(digest, workload_id, repeat)
    others = {policy_seed(digest, workload_id, repeat + 1), policy_seed("x" + digest, "w", repeat)}
    assert seed not in others


def test_a_policys_digest_is_of_its_source():
    assert Policy("a", "x = 1").digest == Policy("b", "x = 1").digest
    assert Policy("a", "x = 1").digest != Policy("a", "x = 1\n").digest


def test_json_digests_do_not_depend_on_order():
    assert sha256_json({"a": 1, "b": [1, 2]}) == sha256_json({"b": [1, 2], "a": 1})
    assert sha256_json([1, 2]) != sha256_json([2, 1])
