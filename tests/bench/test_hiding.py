"""What is hidden is what a search may come upon, and nothing that it starts from."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from evaluators.contract import SPLITS
from evaluators.registry import ProblemSpec, problem_class
from tests.bench.hiding import Hiding
from tests.bench.skill_stub import ladder_of

FORMS = [
    p for form in ("light", "whole") for p in sorted((Path(__file__).parent / form).glob("*.py"))
]
HIDING = [p for p in FORMS if issubclass(problem_class(str(p)), Hiding)]


@cache
def hiding(path: Path) -> Hiding:
    problem = ProblemSpec(str(path)).load()
    assert isinstance(problem, Hiding)
    return problem


@pytest.mark.parametrize("path", HIDING, ids=lambda p: p.stem)
def test_every_published_policy_is_either_a_start_or_hidden(path):
    problem = hiding(path)
    starts = {p.source for p in problem.baselines().values()}
    assert problem.reference_policy in problem.baselines()
    assert len(starts) >= 2
    assert len(ladder_of(problem)) == len(problem.hidden) >= 2
    published = ProblemSpec(problem.name).load().baselines()
    played = {p.source for n, p in published.items() if n not in problem.left_out}
    assert starts | set(ladder_of(problem)) == played
    assert set(problem.left_out) < set(published)
    assert not starts & set(ladder_of(problem))


@pytest.mark.parametrize("path", HIDING, ids=lambda p: p.stem)
def test_workloads_are_some_of_the_problem_itself_of_every_family(path):
    problem = hiding(path)
    whole = type(problem)(problem.parameters)
    for split in SPLITS:
        few, every = problem.workloads(split), super(Hiding, whole).workloads(split)
        assert {w.id for w in few} <= {w.id for w in every}
        assert {w.family for w in few} == {w.family for w in every}
        most = problem.per_family.get(split)
        families = [w.family for w in few]
        assert most is None or max(map(families.count, families)) <= most
