"""What every problem must pass, shipped so that a problem of your own passes it too.

    from evaluators.testing import ProblemContract

    class TestTwoQueues(ProblemContract):
        def problem(self):
            return TwoQueues()

pytest collects the subclass. The class itself needs no pytest: each test is a method that raises
AssertionError with what was expected, and what to do.
"""

from __future__ import annotations

import functools
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from evaluators.checking import check_action
from evaluators.contract import SPLITS, Action, Problem, Split, Workload
from evaluators.errors import InvalidAction
from evaluators.identity import problem_digest
from evaluators.playing import play, replay
from evaluators.scoring import is_no_better, is_valid_measurement, loss
from evaluators.signature import SEED, leaves
from evaluators.testing.corruption import corrupted_actions
from evaluators.testing.fresh_process import digest_in_fresh_process
from evaluators.testing.golden import Played, baseline_scores, changed_scores, play_baselines
from evaluators.testing.probing import check_conforms, constant_scores, questions
from evaluators.testing.varying import check_variations

TINY_AND_SEARCH: tuple[Split, Split] = ("tiny", "search")
MOST_QUESTIONS = 20  # spoilt per problem: spread over all that the tiny workloads ask


class ProblemContract(ABC):
    """Subclass as `class TestMine(ProblemContract)` and implement `problem`."""

    workload_file: ClassVar[str | None] = None  # the file that `problem` reads, if any

    @abstractmethod
    def problem(self) -> Problem:
        """A new instance at every call; its class stands at the top level of a file."""

    def relabel(
        self,
        problem: Problem,
        workload: Workload,
        actions: Sequence[Action],
        rng: np.random.Generator,
    ) -> tuple[Workload, list[Action]] | None:
        """The same instance and the same actions with identifiers permuted; None: it has none."""
        return None

    def invalid_actions(self, problem: Problem, workload: Workload) -> Mapping[str, Action]:
        """First answers on this tiny workload that break the problem's own rules, by name."""
        return {}

    def best_by_brute_force(
        self, problem: Problem, workload: Workload
    ) -> Mapping[str, float] | None:
        """The best value of each objective over all policies, or None where that is too much."""
        return None

    def golden(self) -> Path | None:
        """The JSON file of the baselines' scores, or None without one."""
        return None

    # --- what is declared

    def test_objectives(self) -> None:
        problem = self.problem()
        names = [o.name for o in problem.objectives]
        assert len(set(names)) == len(names), f"objective names repeat: {names}"
        exact = [o for o in problem.objectives if o.kind == "exact"]
        assert len(exact) >= 2, f"{len(exact)} exact objectives, expected at least two"
        for o in problem.objectives:
            assert o.resolution > 0, f"{o.name}: resolution is {o.resolution}, expected > 0"
            assert math.isfinite(o.worst), f"{o.name}: worst is {o.worst}, expected a finite value"
            assert loss(o, o.worst) >= loss(o, o.reference), f"{o.name}: worst beats reference"

    def test_measured_objectives_have_a_reference_policy(self) -> None:
        problem = self.problem()
        if any(o.kind == "measured" for o in problem.objectives):
            name, known = problem.reference_policy, sorted(problem.baselines())
            assert name in known, f"reference_policy is {name!r}, expected one of {known}"

    def test_statement_names_every_field(self) -> None:
        problem, s = self.problem(), self.problem().signature
        fields = (*s.inputs(), *s.action)
        names = {f.name for f in (*fields, *leaves(fields)) if f != SEED} | {s.entry}
        missing = sorted(n for n in names if not re.search(rf"\b{n}\b", problem.statement))
        assert not missing, f"the statement does not name {missing}"

    # --- workloads

    def test_workloads_are_deterministic(self) -> None:
        first, second = problem_digest(self.problem()), problem_digest(self.problem())
        assert first == second, "two instances have other workloads: draw them from fixed seeds"
        fresh = digest_in_fresh_process(self.problem(), self.workload_file)
        assert first == fresh, "another process has other workloads: use no hash() and no set order"

    def test_workload_ids_are_unique(self) -> None:
        ids = [w.id for _, w in _workloads(self.problem())]
        repeated = sorted({i for i in ids if ids.count(i) > 1})
        assert not repeated, f"workload ids repeat: {repeated}"

    def test_splits_are_disjoint(self) -> None:
        for (a, v), (b, w) in combinations(_workloads(self.problem()), 2):
            assert v.digest != w.digest, f"{v.id} ({a}) and {w.id} ({b}) are the same instance"
            assert a == b or not _overlap(v, w), f"{v.id} ({a}) and {w.id} ({b}) share real data"

    # --- questions and answers

    def test_observations_conform_to_the_signature(self) -> None:
        problem = self.problem()
        s = problem.signature
        for w in problem.workloads("tiny"):
            given = {**problem.given(w), SEED.name: 0}
            check_conforms(s, s.given, given, {})
            for question in questions(problem, w):
                check_conforms(s, s.observation, question.observation, question.symbols)

    def test_malformed_actions_are_refused(self) -> None:
        problem = self.problem()
        asked = [q for w in problem.workloads("tiny") for q in questions(problem, w)]
        assert asked, "no tiny workload asks a question"
        for q in asked[:: -(-len(asked) // MOST_QUESTIONS)]:
            for what, wrong in corrupted_actions(problem.signature, q.answer, q.symbols):
                check = functools.partial(check_action, problem.signature, wrong, q.symbols)
                _expect_refusal(what, check)

    def test_own_rules_are_enforced(self) -> None:
        problem = self.problem()
        for w in problem.workloads("tiny"):
            for what, action in self.invalid_actions(problem, w).items():
                _expect_refusal(what, functools.partial(_answer_first, problem, w, action))

    def test_scorer_is_invariant_under_relabelling(self) -> None:
        problem, rng = self.problem(), np.random.default_rng(0)
        for w in problem.workloads("tiny"):
            for name, policy in problem.baselines().items():
                measured, actions = play(problem, w, policy)
                renamed = self.relabel(problem, w, actions, rng)
                if renamed is None:
                    return
                again = replay(problem, *renamed)
                same = all(math.isclose(v, again.values[k], rel_tol=1e-9, abs_tol=1e-12)
                           for k, v in measured.values.items())  # fmt: skip
                assert same, f"{name} on {w.id}: {measured.values} became {again.values}"

    def test_variations_ask_the_same_question(self) -> None:
        check_variations(self.problem(), self.workload_file)

    # --- scores

    def test_baselines_are_valid(self) -> None:
        problem = self.problem()
        assert problem.baselines(), "no baseline"
        for split in TINY_AND_SEARCH:
            for name, by_workload in _baselines_on(type(self), split).items():
                for id_, m in by_workload.items():
                    ok = is_valid_measurement(problem, m.values)
                    assert ok, f"{name} on {id_}: {m.values}, expected every exact objective"

    def test_playing_twice_gives_the_same(self) -> None:
        once, problem = _baselines_on(type(self), "tiny"), self.problem()
        for name, policy in problem.baselines().items():
            for w in problem.workloads("tiny"):
                again = play(problem, w, policy)[0]
                assert again == once[name][w.id], f"{name} on {w.id} differs when played again"

    def test_limits_are_never_beaten(self) -> None:
        problem = self.problem()
        for split in TINY_AND_SEARCH:
            for w in problem.workloads(split):
                for name, by_workload in _baselines_on(type(self), split).items():
                    _check_limits(problem, w, name, by_workload[w.id].values)

    def test_limits_hold_against_brute_force(self) -> None:
        problem = self.problem()
        objectives = {o.name: o for o in problem.objectives}
        for w in problem.workloads("tiny"):
            best = self.best_by_brute_force(problem, w) or {}
            _check_limits(problem, w, "brute force", best)
            for name, by_workload in _baselines_on(type(self), "tiny").items():
                for k, v in best.items():
                    ok = is_no_better(objectives[k], by_workload[w.id].values[k], v)
                    assert ok, f"{name} beats brute force in {k} on {w.id}: it is not exhaustive"

    def test_a_constant_policy_is_not_best(self) -> None:
        problem = self.problem()
        baselines = baseline_scores(problem, _baselines_on(type(self), "search"))
        for name, policy in problem.baselines().items():
            scores = constant_scores(problem, policy)
            best = scores is not None and all(
                loss(o, scores[o.name]) <= min(loss(o, s[o.name]) for s in baselines.values())
                for o in problem.objectives
                if o.kind == "exact"
            )
            assert not best, f"the first answer of {name}, repeated, is best in every objective"

    def test_golden_scores(self) -> None:
        path = self.golden()
        if path is None:
            return
        problem = self.problem()
        assert path.is_file(), f"no {path}: write it with evaluators.testing.golden.write_golden"
        expected = json.loads(path.read_text())
        assert expected["version"] == problem.version, f"{path} is of version {expected['version']}"
        scores = baseline_scores(problem, _baselines_on(type(self), "search"))
        changed = changed_scores(expected["scores"], scores)
        assert not changed, (
            f"scores changed ({', '.join(changed)}): raise `version` of {problem.name} and write "
            f"{path} again with evaluators.testing.golden.write_golden"
        )


@functools.cache
def _baselines_on(contract: type[ProblemContract], split: Split) -> Played:
    return play_baselines(contract().problem(), split)


def _workloads(problem: Problem) -> list[tuple[Split, Workload]]:
    return [(split, w) for split in SPLITS for w in problem.workloads(split)]


def _overlap(a: Workload, b: Workload) -> bool:
    return any(
        s.source == t.source and s.start < t.stop and t.start < s.stop
        for s in a.spans
        for t in b.spans
    )


def _expect_refusal(what: str, ask: Callable[[], Any]) -> None:
    """Raises AssertionError unless `ask` raises InvalidAction with a message."""
    try:
        ask()
    except InvalidAction as error:
        message = str(error)
    else:
        raise AssertionError(f"{what!r} was accepted, expected InvalidAction")
    assert message, f"the refusal of {what!r} has no message"


def _answer_first(problem: Problem, workload: Workload, action: Action) -> None:
    """Give `action` as the first answer and stop after it."""
    asked = next(questions(problem, workload))
    checked = check_action(problem.signature, action, asked.symbols)
    episode = problem.episode(workload)
    next(episode)
    try:
        episode.send(checked)
    except StopIteration:
        return


def _check_limits(
    problem: Problem, workload: Workload, name: str, values: Mapping[str, float]
) -> None:
    limits = problem.limits(workload)
    for o in problem.objectives:
        if o.name in limits and o.name in values:
            value, limit = values[o.name], limits[o.name]
            ok = is_no_better(o, value, limit.value)
            assert ok, f"{name}: {o.name} {value} on {workload.id} beats its limit {limit}"
