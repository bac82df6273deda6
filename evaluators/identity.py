"""Digests: what makes two policies, workloads or problems the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypedDict

from evaluators.contract import SPLITS, Problem, Workload
from evaluators.parameters import identifying
from evaluators.signature import describe


class Identity(TypedDict):
    """Which problem, exactly."""

    name: str
    version: int
    digest: str


def identity_of(problem: Problem) -> Identity:
    """A problem's identity; building every workload takes some problems seconds."""
    return Identity(name=problem.name, version=problem.version, digest=problem_digest(problem))


def sha256_json(data: Any) -> str:
    """SHA-256 of canonical JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def problem_digest(problem: Problem) -> str:
    """SHA-256 over name, version, parameters, signature, prelude, objectives, workload digests.

    Not over our code: golden baseline scores that change without a new version fail the tests.
    """
    return sha256_json(
        {
            "name": problem.name,
            "version": problem.version,
            "parameters": identifying(problem.parameters),
            "signature": describe(problem.signature),
            "prelude": problem.prelude,
            "objectives": [dataclasses.asdict(o) for o in problem.objectives],
            "workloads": {
                split: [[w.id, w.cluster, w.digest] for w in problem.workloads(split)]
                for split in SPLITS
            },
        }
    )


def workload_set_digest(workloads: Sequence[Workload]) -> str:
    """SHA-256 over ids and content of the workloads that one evaluation plays."""
    return sha256_json([[w.id, w.digest] for w in workloads])


def policy_seed(digest_of_problem: str, workload_id: str, repeat: int) -> int:
    """A policy's seed in an episode: of problem, workload and repeat; not of source or run."""
    text = f"{digest_of_problem}|{workload_id}|{repeat}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1
