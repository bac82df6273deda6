"""The bar of the proofs is for a terminal; the proofs are for everybody."""

from __future__ import annotations

import pytest

from evolve.cli.proving import prove_limits
from tests.problems import GuessProblem


class Asked(GuessProblem):
    """Takes note of whose limits were asked for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def limits(self, workload):
        self.asked.append(workload.id)
        return super().limits(workload)


@pytest.mark.parametrize("splits", [["search", "selection"], ["sealed"]])
def test_every_workload_is_asked_about_and_a_bar_says_how_many(monkeypatch, capsys, splits):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    problem = Asked()
    prove_limits(problem, splits)
    ids = [w.id for split in splits for w in problem.workloads(split)]
    assert problem.asked == ids
    shown = capsys.readouterr()
    assert "proving limits" in shown.err
    assert f"{len(ids)}/{len(ids)}" in shown.err
    assert shown.out == ""


def test_nothing_is_said_where_no_terminal_is(capsys):
    problem = Asked()
    prove_limits(problem)
    assert problem.asked
    assert capsys.readouterr() == ("", "")
