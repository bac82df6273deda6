"""The settings that a problem offers ask the same question as the problem itself."""

from __future__ import annotations

import dataclasses
from collections import Counter

from evaluators.contract import Problem, Variation
from evaluators.parameters import identifying
from evaluators.playing import play
from evaluators.registry import parse_parameters
from evaluators.scoring import is_valid_measurement
from evaluators.signature import describe
from evaluators.stats import LEAST_CLUSTERS


def check_variations(problem: Problem, workload_file: str | None) -> None:
    """Raises AssertionError when one is another question, nothing else, or cannot be played."""
    offered = problem.variations()
    names = Counter((v.axis, v.name) for v in offered)
    assert not names or max(names.values()) == 1, f"variations repeat: {names.most_common(1)}"
    settings = [(identifying(problem.parameters), True)]
    for variation in offered:
        named = f"{variation.axis}: {variation.name}"
        varied = _varied(problem, variation, workload_file)
        same = _question(varied) == _question(problem)
        assert same, f"{named} has other fields or objectives: a policy could not be played"
        setting = (identifying(varied.parameters), variation.keeps_file)
        assert setting not in settings, f"{named} is another one, or the problem itself"
        settings.append(setting)
        clusters = len({w.cluster for w in varied.workloads("selection")})
        is_enough = clusters >= LEAST_CLUSTERS or workload_file is not None  # a file may be short
        assert is_enough, f"{named}: {clusters} clusters give no interval"
        _check_baselines(varied, named)


def _varied(problem: Problem, variation: Variation, workload_file: str | None) -> Problem:
    own = {k: str(v) for k, v in dataclasses.asdict(problem.parameters).items()}
    cls = type(problem)
    parameters = parse_parameters(cls.Parameters, {**own, **variation.parameters})
    return cls(parameters, workload_file if variation.keeps_file else None)


def _question(problem: Problem) -> object:
    """What a policy is asked and judged by; how large it may become is free."""
    fields = {k: v for k, v in describe(problem.signature).items() if k != "maxima"}
    return fields, problem.objectives, problem.prelude


def _check_baselines(problem: Problem, named: str) -> None:
    for name, policy in problem.baselines().items():
        for w in problem.workloads("tiny"):
            values = play(problem, w, policy)[0].values
            ok = is_valid_measurement(problem, values)
            assert ok, f"{named}: {name} on {w.id}: {values}, expected every exact objective"
