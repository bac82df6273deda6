"""Problems are found by name, path and entry point; what the user gets wrong comes with a hint."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys

import pytest

from evaluators.errors import UsageError
from evaluators.registry import (
    BUILT_IN,
    ProblemSpec,
    parse_parameters,
    problem_class,
    problem_names,
)
from tests.evaluators.test_testing import OneMachine
from tests.problems import GUESS, SUM

OWN_PROBLEM = """
from __future__ import annotations

from dataclasses import dataclass

from evaluators.contract import Problem


@dataclass(frozen=True)
class Parameters:
    servers: int = 2


class Own(Problem):
    name, version, statement, signature, objectives = "own", 1, "", None, ()
    Parameters = Parameters

    def __init__(self, parameters=None, workload_file=None):
        self.parameters, self.file = parameters, workload_file

    def workloads(self, split): return []
    def episode(self, workload): yield
    def baselines(self): return {}
"""


@dataclasses.dataclass(frozen=True)
class Parameters:
    servers: int = 2
    rate_per_s: float = 1.5
    bursty: bool = False
    engine: str = "a100"

    def __post_init__(self) -> None:
        if self.servers < 1:
            raise ValueError(f"servers is {self.servers}, expected at least 1")


def refusal(call, *args):
    with pytest.raises(UsageError) as caught:
        call(*args)
    return caught.value


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_problems_load_by_their_own_name(name):
    assert name in problem_names()
    assert problem_class(name).name == name


def test_an_unknown_name_is_answered_with_the_nearest():
    error = refusal(problem_class, "expert_placment")
    assert "unknown problem 'expert_placment'" in error.message
    assert "'expert_placement'" in error.hint


def test_a_file_is_a_problem(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN_PROBLEM)
    problem = ProblemSpec(str(path), {"servers": "3"}, "loads.npz").load()
    assert type(problem).__name__ == "Own"
    assert problem.parameters.servers == 3
    assert problem.file == "loads.npz"


def test_an_edit_counts_however_soon_it_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "own.py"
    for servers in (2, 3):  # the same size and the same second: bytecode would not be made anew
        path.write_text(OWN_PROBLEM.replace("servers: int = 2", f"servers: int = {servers}"))
        os.utime(path, (1_700_000_000, 1_700_000_000))
        assert ProblemSpec(str(path)).load().parameters.servers == servers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def broken(:\n", "does not load"),
        ("import no_such_module_anywhere\n", "does not load: No module named"),
        ("x = 1\n", "defines 0 Problem classes"),
        (OWN_PROBLEM + "\n\nclass Second(Own):\n    pass\n", "defines 2 Problem classes"),
    ],
)
def test_a_file_that_is_no_problem_is_refused(tmp_path, content, message):
    path = tmp_path / "own.py"
    path.write_text(content)
    error = refusal(problem_class, str(path))
    assert str(path) in error.message
    assert message in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ('name, version, statement, signature, objectives = "own", 1, "", None, ()',
         "name, version, statement, signature, objectives"),
        ("def baselines(self): return {}", "baselines()"),
    ],
)  # fmt: skip
def test_a_problem_that_leaves_a_part_out_is_told_which(tmp_path, left_out, named):
    path = tmp_path / "own.py"
    path.write_text(OWN_PROBLEM.replace(left_out, "pass"))
    error = refusal(ProblemSpec(str(path)).load)
    assert error.message == f"{path}: Own has no {named}"
    assert "docs/problems.md" in error.hint


def test_what_has_a_default_may_be_left_out(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN_PROBLEM.replace("def __init__", "def unused"))
    assert ProblemSpec(str(path), {"servers": "3"}).load().parameters.servers == 3
    error = refusal(ProblemSpec(str(path), {}, "loads.npz").load)
    assert error.message == "own reads no workload file"
    path.write_text(path.read_text().replace("    Parameters = Parameters\n", ""))
    assert dataclasses.asdict(ProblemSpec(str(path)).load().parameters) == {}
    assert "unknown parameter" in refusal(ProblemSpec(str(path), {"servers": "3"}).load).message


def test_a_missing_file_is_refused():
    assert "no problem file nowhere/own.py" in refusal(problem_class, "nowhere/own.py").message


def test_an_installed_package_may_bring_problems(tmp_path, monkeypatch):
    info = tmp_path / "brought-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: brought\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[adrs.problems]\none_machine = tests.evaluators.test_testing:OneMachine\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert "one_machine" in problem_names()
    assert problem_class("one_machine").__name__ == OneMachine.__name__


def test_texts_become_the_types_of_the_fields():
    texts = {"servers": "3", "rate_per_s": "2e-1", "bursty": "True", "engine": "h100"}
    assert parse_parameters(Parameters, texts) == Parameters(3, 0.2, True, "h100")
    assert parse_parameters(Parameters, {}) == Parameters()


@pytest.mark.parametrize(
    ("texts", "message", "hint"),
    [
        ({"server": "3"}, "unknown parameter 'server'", "'servers'"),
        ({"servers": "three"}, "parameter servers='three'", "expected int"),
        ({"servers": "2.5"}, "parameter servers='2.5'", "expected int"),
        ({"rate_per_s": "fast"}, "parameter rate_per_s='fast'", "expected float"),
        ({"rate_per_s": "nan"}, "parameter rate_per_s='nan'", "expected a finite number"),
        ({"bursty": "yes"}, "parameter bursty='yes'", "expected true or false"),
        ({"servers": "0"}, "servers is 0, expected at least 1", "--param"),
    ],
)
def test_bad_parameters_are_refused(texts, message, hint):
    error = refusal(parse_parameters, Parameters, texts)
    assert message in error.message
    assert hint in error.hint


def digests(problem, split):
    return [(w.id, w.digest) for w in problem.workloads(split)]


@pytest.mark.parametrize("name", [*BUILT_IN, GUESS.name, SUM.name, "docs/examples/two_queues.py"])
def test_a_salt_draws_another_sealed_split_and_nothing_else(name):
    published, salted = ProblemSpec(name).load(), ProblemSpec(name, salt="x").load()
    assert published.salt == ""
    for split in ("tiny", "search", "selection"):
        assert digests(published, split) == digests(salted, split)
    old, new = digests(published, "sealed"), digests(salted, "sealed")
    assert [i for i, _ in old] == [i for i, _ in new]
    assert not {d for _, d in old} & {d for _, d in new}
    assert digests(ProblemSpec(name, salt="x").load(), "sealed") == new
    assert digests(ProblemSpec(name, salt="y").load(), "sealed") != new


# -- devices ---------------------------------------------------------------------------------------


def test_a_problem_that_is_not_played_on_a_device_names_those_that_are() -> None:
    with pytest.raises(UsageError, match="broadcast_routing is not played on a device") as refused:
        ProblemSpec("broadcast_routing", device="cuda:0").load()
    assert "expert_placement" in refused.value.hint
    with pytest.raises(UsageError, match="not played on a device"):
        ProblemSpec("broadcast_routing").load().on_device("cuda:0")


def test_a_problem_is_made_for_a_device_that_is_not_here() -> None:
    problem = ProblemSpec("expert_placement", device="cuda:7").load()
    assert problem.objectives[0].name == "layer_time"


def test_a_device_that_does_not_exist_by_name_is_refused() -> None:
    with pytest.raises(UsageError, match="no device is called 'gpu0'"):
        ProblemSpec("expert_placement", device="gpu0").load()


def test_what_was_written_down_before_there_were_devices_is_read() -> None:
    old = {"name": "expert_placement", "parameters": {}, "workload_file": None, "salt": ""}
    assert ProblemSpec(**old).device == ""  # type: ignore[arg-type]
