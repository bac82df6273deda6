"""Whole searches of the guessing problem with models that answer at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import evolve
from archive.library import dump
from archive.store.places import store_at
from evolve.llm.message import Request
from evolve.prompting.situation import Task
from evolve.proposers.model import ModelProposer, Parts
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.evolve.talking import Writers
from tests.problems import GUESS

A, B = "made/a", "made/b"


def written(request: Request, number: int = 0) -> str:
    """A program that differs with what is asked."""
    digest = hashlib.sha256(request.digest.encode()).digest()
    scale, shift = 0.3 + digest[0] / 256, digest[1] / 2560
    code = f"def guess(last):\n    return {scale:.3f} * last + {shift:.4f}"
    return f"Shrink.\n\n```python\n{code}\n```"


def settings_of(archive: Path, evaluations: int, **model) -> Settings:
    models = ModelSettings(**{"names": (A,), **model})
    return Settings(
        GUESS, evaluations=evaluations, seed=2, exact=True, tokens=10**9, archive=str(archive),
        model=models,
    )  # fmt: skip


def search(settings: Settings, models: Writers, parts: Parts | None = None) -> evolve.Run:
    problem = GUESS.load()
    task = Task(problem, tuple(o for o in problem.objectives if o.kind == "exact"))
    proposer = ModelProposer(task, settings.model, parts=parts) if parts else None
    executor = DelayedExecutor(problem, 2, shuffled_delays(1, 0.002))
    return evolve.run(settings, proposer=proposer, models=models, executor=executor)


def resume(run: evolve.Run, more: int, models: Writers) -> evolve.Run:
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(2, 0.002))
    return evolve.resume(run.settings.archive, run.name, more, models=models, executor=executor)


def archived(run: evolve.Run) -> bytes:
    with store_at(run.settings.archive).open(run.name) as journal:
        return dump(journal, run.problem)


def text_of(request: Request) -> str:
    return "\n".join(m.content for m in request.messages)
