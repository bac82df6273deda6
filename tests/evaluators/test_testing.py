"""The contract accepts a sound problem, and each of its tests refuses the fault it is there for."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np
import pytest

from evaluators.contract import (
    SPLITS,
    Bound,
    Measurements,
    Objective,
    Policy,
    Problem,
    Span,
    Variation,
    Workload,
)
from evaluators.errors import InvalidAction
from evaluators.signature import Array, Permutation, Scalar, Signature
from evaluators.testing import ProblemContract
from evaluators.testing.golden import write_golden

SHORTEST_FIRST = "import numpy as np\ndef order_jobs(size_s):\n    return np.argsort(size_s)\n"
EARLIEST_DUE_FIRST = "import numpy as np\ndef order_jobs(due_s):\n    return np.argsort(due_s)\n"


@dataclasses.dataclass(frozen=True)
class NoParameters:
    pass


class OneMachine(Problem):
    """Order jobs on one machine, batch after batch."""

    name = "one_machine"
    version = 3
    Parameters = NoParameters
    statement = "`order_jobs(size_s, due_s, speed) -> order` of the jobs on one machine"
    signature = Signature(
        "order_jobs",
        given=(Scalar("speed", "float64", low=0),),
        observation=(
            Array("size_s", "float64", ("jobs",), "s", low=0),
            Array("due_s", "float64", ("jobs",), "s"),
        ),
        action=(Permutation("order", "jobs"),),
        maxima={"jobs": 32},
    )
    objectives = (
        Objective("mean_finish_s", "s", "lower", "exact", 100.0, 100.0, 0.01),
        Objective("max_lateness_s", "s", "lower", "exact", 100.0, 100.0, 0.01),
    )

    def __init__(self, parameters=None, workload_file=None):
        self.parameters = parameters or NoParameters()

    def workloads(self, split):
        jobs = 4 if split == "tiny" else 12
        return [self._workload(split, i, jobs) for i in range(3)]

    def _workload(self, split, i, jobs):
        rng = np.random.default_rng([SPLITS.index(split), i])
        size_s = rng.uniform(0.1, 2.0, (2, jobs)).round(6)
        due_s = rng.uniform(0.0, 2.0 * jobs, (2, jobs)).round(6)
        content = {"size_s": size_s, "due_s": due_s}
        return Workload(f"{split}-{i}", "uniform", f"{split}-{i}", content)

    def given(self, workload):
        return {"speed": 1.0}

    def episode(self, workload):
        finish, lateness = [], []
        for size_s, due_s in zip(
            workload.content["size_s"], workload.content["due_s"], strict=True
        ):
            action = yield {"size_s": size_s.copy(), "due_s": due_s.copy()}
            done_s = np.cumsum(size_s[action["order"]])
            finish.append(done_s.mean())
            lateness.append((done_s - due_s[action["order"]]).max())
        return Measurements(
            {"mean_finish_s": float(np.mean(finish)), "max_lateness_s": float(np.max(lateness))}
        )

    def baselines(self):
        return {
            "shortest_first": Policy("shortest_first", SHORTEST_FIRST),
            "earliest_due_first": Policy("earliest_due_first", EARLIEST_DUE_FIRST),
        }

    def limits(self, workload):
        size_s = np.sort(workload.content["size_s"], axis=1)
        mean = float(np.cumsum(size_s, axis=1).mean())
        return {"mean_finish_s": Bound(mean, "optimum", "Smith 1956")}


class OneMachineContract(ProblemContract):
    def problem(self) -> Problem:
        return OneMachine()

    def relabel(self, problem, workload, actions, rng):
        to_old = rng.permutation(workload.content["size_s"].shape[1])
        content = {k: v[:, to_old] for k, v in workload.content.items()}
        to_new = np.argsort(to_old)
        renamed = dataclasses.replace(workload, content=content)
        return renamed, [{"order": to_new[a["order"]]} for a in actions]

    def best_by_brute_force(self, problem, workload) -> Mapping[str, float] | None:
        size_s = workload.content["size_s"]
        orders = itertools.permutations(range(size_s.shape[1]))
        finish_s = [np.cumsum(size_s[:, list(o)], axis=1).mean(axis=1) for o in orders]
        return {"mean_finish_s": float(np.min(finish_s, axis=0).mean())}


class TestOneMachine(OneMachineContract):
    pass


class Misnamed(OneMachine):
    statement = "order the jobs"


class OneObjective(OneMachine):
    objectives = OneMachine.objectives[:1]


class WorstTooGood(OneMachine):
    objectives = (
        dataclasses.replace(OneMachine.objectives[0], worst=1.0),
        OneMachine.objectives[1],
    )


class Undetermined(OneMachine):
    def _workload(self, split, i, jobs):
        w = super()._workload(split, i, jobs)
        extra = np.random.default_rng().uniform(size=1)
        return dataclasses.replace(w, content={**w.content, "extra": extra})


class HashSeeded(OneMachine):
    def _workload(self, split, i, jobs):
        w = super()._workload(split, i, jobs)
        return dataclasses.replace(w, content={**w.content, "extra": np.array([hash(split)])})


class Leaking(OneMachine):
    def _workload(self, split, i, jobs):
        return super()._workload("sealed" if split == "search" else split, i, jobs)


class SharingData(OneMachine):
    def _workload(self, split, i, jobs):
        start = {"search": 0, "selection": 100, "sealed": 199, "tiny": 300}[split]
        spans = (Span("log.csv", start, start + 100),)
        return dataclasses.replace(super()._workload(split, i, jobs), spans=spans)


class RepeatedIds(OneMachine):
    def _workload(self, split, i, jobs):
        return dataclasses.replace(super()._workload(split, i, jobs), id=f"{i}")


class WrongDtype(OneMachine):
    def given(self, workload):
        return {"speed": np.ones(2)}


class AboveMaximum(OneMachine):
    signature = dataclasses.replace(OneMachine.signature, maxima={"jobs": 3})


class FavouringFirst(OneMachine):
    """Scores the identifier: job 0 counts twice."""

    def episode(self, workload):
        result = yield from super().episode(workload)
        first_s = workload.content["size_s"][:, 0].sum()
        values = {**result.values, "mean_finish_s": result.values["mean_finish_s"] + first_s}
        return Measurements(values)


class LimitTooTight(OneMachine):
    def limits(self, workload):
        limit = super().limits(workload)["mean_finish_s"]
        return {"mean_finish_s": dataclasses.replace(limit, value=limit.value * 1.01)}


class NotFinite(OneMachine):
    def episode(self, workload):
        result = yield from super().episode(workload)
        return Measurements({**result.values, "mean_finish_s": float("nan")})


class InvalidBaseline(OneMachine):
    def baselines(self):
        source = "def order_jobs(size_s):\n    return [0] * len(size_s)\n"
        return {**super().baselines(), "zeros": Policy("zeros", source)}


class Forgetful(OneMachine):
    """An episode that depends on how often it was played."""

    played = 0

    def episode(self, workload):
        result = yield from super().episode(workload)
        Forgetful.played += 1
        return Measurements({**result.values, "max_lateness_s": float(Forgetful.played)})


class Indifferent(OneMachine):
    """Every answer is worth the same."""

    def episode(self, workload):
        yield from super().episode(workload)
        return Measurements({"mean_finish_s": 50.0, "max_lateness_s": 50.0})


class MeasuredWithoutReference(OneMachine):
    objectives = (*OneMachine.objectives,
                  Objective("cpu", "ratio", "lower", "measured", 10.0, 10.0, 0.1))  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Varied:
    clusters: int = 9
    objectives: int = 2


class Offering(OneMachine):
    """Settings are offered, each good but for what a subclass says."""

    Parameters = Varied
    offered = (("clusters", "8"),)

    def __init__(self, parameters=None, workload_file=None):
        self.parameters = parameters or Varied()
        self.objectives = OneMachine.objectives[: self.parameters.objectives]

    def workloads(self, split):
        return [self._workload(split, i, 4) for i in range(self.parameters.clusters)]

    def variations(self):
        return [Variation("size", "other", dict(self.offered))]


class OfferingTwice(Offering):
    def variations(self):
        return 2 * super().variations()


class OfferingFew(Offering):
    offered = (("clusters", "7"),)


class OfferingAnother(Offering):
    offered = (("clusters", "8"), ("objectives", "1"))


class OfferingItself(Offering):
    offered = (("clusters", "9"),)


FAULTS = [
    (OfferingTwice, "test_variations_ask_the_same_question", "variations repeat"),
    (OfferingFew, "test_variations_ask_the_same_question", "7 clusters give no interval"),
    (OfferingAnother, "test_variations_ask_the_same_question", "other fields or objectives"),
    (OfferingItself, "test_variations_ask_the_same_question", "or the problem itself"),
    (Misnamed, "test_statement_names_every_field", "does not name"),
    (OneObjective, "test_objectives", "expected at least two"),
    (WorstTooGood, "test_objectives", "worst beats reference"),
    (MeasuredWithoutReference, "test_measured_objectives_have_a_reference_policy", "expected one"),
    (Undetermined, "test_workloads_are_deterministic", "fixed seeds"),
    (HashSeeded, "test_workloads_are_deterministic", "no hash"),
    (Leaking, "test_splits_are_disjoint", "same instance"),
    (SharingData, "test_splits_are_disjoint", "share real data"),
    (RepeatedIds, "test_workload_ids_are_unique", "repeat"),
    (WrongDtype, "test_observations_conform_to_the_signature", "breaks its own signature"),
    (AboveMaximum, "test_observations_conform_to_the_signature", "declared maximum is 3"),
    (FavouringFirst, "test_scorer_is_invariant_under_relabelling", "became"),
    (LimitTooTight, "test_limits_are_never_beaten", "beats its limit"),
    (LimitTooTight, "test_limits_hold_against_brute_force", "beats its limit"),
    (NotFinite, "test_baselines_are_valid", "every exact objective"),
    (InvalidBaseline, "test_baselines_are_valid", "zeros on tiny-0"),
    (Forgetful, "test_playing_twice_gives_the_same", "differs when played again"),
    (Indifferent, "test_a_constant_policy_is_not_best", "repeated, is best"),
]


@pytest.mark.parametrize(("problem", "test", "message"), FAULTS)
def test_a_fault_is_refused(problem, test, message):
    class Contract(OneMachineContract):
        def problem(self):
            return problem()

    with pytest.raises(AssertionError, match=message):
        getattr(Contract(), test)()


def test_settings_that_ask_the_same_pass():
    class Contract(OneMachineContract):
        def problem(self):
            return Offering()

    Contract().test_variations_ask_the_same_question()


def test_an_own_rule_that_is_not_enforced_is_found():
    class Contract(OneMachineContract):
        def invalid_actions(self, problem, workload):
            return {"backwards": {"order": np.arange(4)[::-1]}}

    with pytest.raises(AssertionError, match="'backwards' was accepted"):
        Contract().test_own_rules_are_enforced()


def test_an_own_rule_that_is_enforced_passes():
    class Strict(OneMachine):
        def episode(self, workload):
            action = yield {k: v[0].copy() for k, v in workload.content.items()}
            if action["order"][0] != 0:
                raise InvalidAction("job 0 goes first")
            return Measurements({})

    class Contract(OneMachineContract):
        def problem(self):
            return Strict()

        def invalid_actions(self, problem, workload):
            return {"backwards": {"order": np.arange(4)[::-1]}}

    Contract().test_own_rules_are_enforced()


def test_brute_force_that_misses_the_best_is_found():
    class Contract(OneMachineContract):
        def best_by_brute_force(self, problem, workload):
            return {
                "mean_finish_s": super().best_by_brute_force(problem, workload)["mean_finish_s"] + 1
            }

    with pytest.raises(AssertionError, match="it is not exhaustive"):
        Contract().test_limits_hold_against_brute_force()


class Slower(OneMachine):
    def baselines(self):
        return {**super().baselines(), "shortest_first": Policy("x", EARLIEST_DUE_FIRST)}


class SlowerAndRenumbered(Slower):
    version = 4


def contract_with_golden(problem, path):
    class Contract(OneMachineContract):
        def problem(self):
            return problem()

        def golden(self):
            return path

    return Contract()


def test_golden_scores(tmp_path):
    path = tmp_path / "one_machine.json"
    with pytest.raises(AssertionError, match="write_golden"):
        contract_with_golden(OneMachine, path).test_golden_scores()
    write_golden(OneMachine(), path)
    contract_with_golden(OneMachine, path).test_golden_scores()
    with pytest.raises(AssertionError, match=r"shortest_first.mean_finish_s.*raise `version`"):
        contract_with_golden(Slower, path).test_golden_scores()
    with pytest.raises(AssertionError, match="is of version 3"):
        contract_with_golden(SlowerAndRenumbered, path).test_golden_scores()
    with pytest.raises(ValueError, match="other scores of version 3"):
        write_golden(Slower(), path)
    write_golden(SlowerAndRenumbered(), path)
    contract_with_golden(SlowerAndRenumbered, path).test_golden_scores()
