"""A table of answers pays on the published sealed split and is worth nothing on another."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.redteam.attack import Aftermath, Target
from evaluators.redteam.battery import honest_policy
from evaluators.redteam.hardcoded import NotTriedError, learnt_by_heart
from evaluators.registry import BUILT_IN, ProblemSpec
from tests.problems import GUESS, SUM, GuessProblem

TWO_QUEUES = ProblemSpec(str(Path(__file__).parents[3] / "docs/examples/two_queues.py"))
SPECS = [GUESS, SUM, TWO_QUEUES, *map(ProblemSpec, BUILT_IN)]


@contextmanager
def playing(spec, workload_ids):
    """A function from source to report on these sealed workloads."""
    executor = LocalExecutor(spec, slots=1)
    try:
        yield lambda source: executor.submit(
            Job(source, "sealed", workload_ids=workload_ids)
        ).result(timeout=120)
    finally:
        executor.close()


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: Path(s.name).stem)
def test_answers_learnt_by_heart_pay_without_a_salt_alone(spec):
    salted = replace(spec, salt="fresh")
    problem = spec.load()
    honest = honest_policy(problem)
    attack = learnt_by_heart(problem, salted.load(), honest)
    source = attack.payload(Target(problem, honest, None))
    recorded = next(b for b in problem.baselines().values() if f" {b.name} " in attack.name)

    with playing(spec, attack.workload_ids) as report_of:
        fair, forged, copied = map(report_of, (honest.source, source, recorded.source))
        assert attack.probe(Aftermath(problem, (forged,), fair)), "no positive control"
        assert forged.traces == copied.traces

    with playing(salted, attack.workload_ids) as report_of:
        fair, forged = map(report_of, (honest.source, source))
        assert not forged.outcome.failures
        assert not attack.probe(Aftermath(problem, (forged,), fair))


def test_a_problem_that_ignores_the_salt_is_told_so():
    problem = GuessProblem()
    with pytest.raises(NotTriedError, match="4 of 4 sealed workloads are the same"):
        learnt_by_heart(problem, GUESS.load(), honest_policy(problem))


def test_a_recorded_split_is_told_so(tmp_path):
    path = tmp_path / "log.npz"
    np.savez(path, load=np.random.default_rng(0).poisson(9.0, (120, 2, 256)))
    spec = ProblemSpec("expert_placement", workload_file=str(path))
    with pytest.raises(NotTriedError, match="recorded"):
        learnt_by_heart(spec.load(), replace(spec, salt="x").load(), honest_policy(spec.load()))


def test_without_a_second_policy_there_is_nothing_to_record():
    class Alone(GuessProblem):
        def baselines(self):
            return {"last": super().baselines()["last"]}

    published, salted = Alone(), Alone()
    salted.salt = "x"
    with pytest.raises(NotTriedError, match="decides otherwise than last"):
        learnt_by_heart(published, salted, honest_policy(published))
