"""What a report plays is played as the run was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluators.registry import ProblemSpec
from evolve.proposers.proposer import Context, Draft
from evolve.report import gathering
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import PLANTED
from tests.problems.planted import answering

QUIET = ProblemSpec(PLANTED.name, {"noise": "0.01"})


class Stairs(Scaler):
    """Each of its policies costs a little more than the one before."""

    def ask(self, context: Context) -> Draft | None:
        return Draft(answering(0.04 * context.number), (context.parents[0].number,), "stairs/next")


def executor() -> DelayedExecutor:
    return DelayedExecutor(QUIET.load(), 2, shuffled_delays(0, 0.001))


@pytest.mark.parametrize("unsafe", [True, False])
def test_the_winner_is_reduced_with_the_protection_that_the_run_had(
    unsafe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        QUIET, evaluations=12, name="r", archive=str(tmp_path), unsafe_no_sandbox=unsafe
    )
    run(settings, proposer=Stairs(), executor=executor())
    asked: list[Any] = []
    monkeypatch.setattr(gathering, "reduce_entry", lambda *_, **given: asked.append(given))
    report = gathering.gather(str(tmp_path), "r", executor=executor())
    assert report.claims.winner is not None
    assert [given["unsafe_no_sandbox"] for given in asked] == [unsafe]
