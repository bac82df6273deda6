"""A proof is made once, and what is kept of it is what it said."""

from __future__ import annotations

import dataclasses

import pytest

from evaluators import proving
from evaluators.contract import Bound
from evaluators.proving import ProvedLimits
from tests.problems import GuessProblem


class Counting(GuessProblem):
    """Counts its proofs; `value` stands for what the code proves."""

    def __init__(self, parameters=None, value=0.1 + 0.2):
        super().__init__(parameters)
        self.proofs, self.value = 0, value

    def limits(self, workload):
        self.proofs += 1
        return {"error": Bound(self.value, "bound", f"number {self.proofs}")}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(proving, "KEPT_S", 0.0)
    return tmp_path / "adrs" / "limits"


def ask(problem, split="search"):
    limits = ProvedLimits(problem)
    return [limits(w) for w in problem.workloads(split) for _ in range(2)]


def test_a_workload_is_asked_about_once_in_a_process_and_on_a_machine(state):
    first, second = Counting(), Counting()
    said = ask(first)
    assert first.proofs == len(first.workloads("search"))
    assert ask(second) == said
    assert second.proofs == 0
    assert len(list(state.iterdir())) == 1


def test_what_is_quick_is_not_kept(state, monkeypatch):
    monkeypatch.setattr(proving, "KEPT_S", 1e9)
    ask(Counting())
    assert not state.exists()


def test_other_parameters_and_other_code_prove_anew(monkeypatch):
    ask(Counting())
    fields = dataclasses.fields(GuessProblem().parameters)
    other = Counting(dataclasses.replace(GuessProblem().parameters, **{fields[0].name: 7}))
    ask(other)
    assert other.proofs > 0
    monkeypatch.setattr(proving, "_code_digest", lambda cls: "another")
    changed = Counting()
    ask(changed)
    assert changed.proofs > 0


def test_a_line_that_was_cut_off_is_proved_again(state):
    said = ask(Counting())
    (file,) = state.iterdir()
    whole = file.read_bytes()
    for cut in (len(whole) // 2, len(whole) - 1, len(whole) - 2):
        file.write_bytes(whole[:cut])
        again = Counting()
        values = [limits["error"].value for limits in ask(again)]
        assert values == [limits["error"].value for limits in said]
    for rubbish in (b"\xff\xfe\n", b"3\n[]\n[1, 2]\n", b'["a", {"error": []}]\n'):
        file.write_bytes(rubbish)
        ask(Counting())


def test_where_nothing_can_be_kept_limits_are_there_all_the_same(state, monkeypatch):
    state.parent.parent.mkdir(exist_ok=True)
    state.parent.write_text("no folder")
    problem = Counting()
    assert ask(problem)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("pathlib.Path.expanduser", _no_home)
    assert ask(problem)


def _no_home(path):
    raise RuntimeError("Could not determine home directory.")
