"""Searches with models that answer at once: which of them are asked, what they are told."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

import evolve
from evolve.llm.message import Request
from evolve.prompting.situation import Task
from evolve.proposers.model import SHARES, ModelProposer, Parts
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor
from tests.evolve.talking import Writers
from tests.problems import GUESS

A, B = "made/a", "made/b"


def written(request: Request, number: int) -> str:
    """A program that differs with what is asked."""
    digest = hashlib.sha256(request.digest.encode()).digest()
    scale, shift = 0.3 + digest[0] / 256, digest[1] / 2560
    return (
        f"Shrink.\n\n```python\ndef guess(last):\n    return {scale:.3f} * last + {shift:.4f}\n```"
    )


def settings_of(archive: Path, evaluations: int = 40, **model) -> Settings:
    models = ModelSettings(**{"names": (A,), **model})
    return Settings(
        GUESS, evaluations=evaluations, seed=2, exact=True, tokens=10**9, archive=str(archive),
        model=models,
    )  # fmt: skip


def search(settings: Settings, models: Writers, parts: Parts | None = None):
    problem = GUESS.load()
    task = Task(problem, tuple(o for o in problem.objectives if o.kind == "exact"))
    proposer = ModelProposer(task, settings.model, parts=parts) if parts else None
    executor = DelayedExecutor(problem, 2, lambda: 0.0)
    return evolve.run(settings, proposer=proposer, models=models, executor=executor)


def kinds_of(run) -> Counter[str]:
    proposers = (e.proposal.proposer.split("/") for e in run.entries())
    return Counter(kind for who, kind, *_ in proposers if who == "model")


def texts_of(models: Writers) -> list[str]:
    return ["\n".join(m.content for m in request.messages) for request in models.asked]


# -- parts -----------------------------------------------------------------------------------


def test_all_parts_stand_by_default(tmp_path):
    models = Writers(written)
    kinds = kinds_of(search(settings_of(tmp_path, 50), models))
    assert set(kinds) == set(SHARES)
    assert any("# Other programs" in text for text in texts_of(models))


def test_parts_can_be_left_out(tmp_path):
    models = Writers(written)
    parts = Parts(crossover=False, inspirations=False)
    kinds = kinds_of(search(settings_of(tmp_path, 50), models, parts))
    assert set(kinds) == set(SHARES) - {"crossover"}
    assert not any("# Other programs" in text for text in texts_of(models))


def test_without_the_bandit_kinds_keep_their_shares(tmp_path):
    def only_simplify_works(request: Request, number: int) -> str:
        is_asked = "Write a simpler and faster program" in request.messages[-1].content
        return written(request, number) if is_asked else "I would rather not."

    chosen = {}
    for name, parts in (("with", Parts()), ("without", Parts(bandit=False))):
        models = Writers(only_simplify_works)
        run = search(settings_of(tmp_path / name, 30), models, parts)
        kinds = kinds_of(run)
        chosen[name] = kinds["simplify"] / kinds.total()
    assert chosen["without"] == pytest.approx(SHARES["simplify"] / sum(SHARES.values()), abs=0.06)
    assert chosen["with"] > 2 * chosen["without"]
