"""Every attack succeeds against a naive evaluator, and none against ours, in any mode."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from evaluators.redteam.catalogue import channel_attacks
from tests.attacks.contained import got_through
from tests.attacks.controls import NaiveEvaluator, runner_for
from tests.attacks.ordinary import interpreter_for, run_as_user
from tests.problems import GUESS, SUM, GuessProblem

ATTACKS = {a.name: a for a in channel_attacks(GuessProblem())}
MODES = {  # layers left out, and the level that remains where the machine has the others
    "namespaces, Landlock and the filter": ((), "L3"),
    "Landlock and the filter": (("namespaces",), "L2"),
    "the filter alone": (("namespaces", "landlock"), "L1"),
}


@pytest.fixture(scope="module")
def naive():
    with NaiveEvaluator(GUESS) as evaluator:
        yield evaluator


@pytest.fixture(scope="module")
def ordinary_python():
    """An interpreter for an ordinary user; pytest's own folders are for their owner alone."""
    with tempfile.TemporaryDirectory(prefix="adrs-user-") as folder:
        Path(folder).chmod(0o755)
        python = interpreter_for(Path(folder) / "venv")
        if python is None:
            pytest.skip("no interpreter here that an ordinary user may run")
        yield python


@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_succeeds_where_nothing_protects(naive, name):
    attack = ATTACKS[name]
    assert attack.probe(naive.aftermath(attack, runner_for(attack))), "no positive control"


@pytest.mark.parametrize("mode", MODES)
def test_no_attack_gets_through(mode):
    without, level = MODES[mode]
    sandbox, through = got_through(GUESS, without)
    assert through == {}
    if sandbox.level != level:
        pytest.skip(f"played at {sandbox.level}, this machine has no {level}: {sandbox.note}")


def test_no_attack_gets_through_a_problem_of_one_question():
    _, through = got_through(SUM)
    assert through == {}


@pytest.mark.parametrize("without", [(), ("namespaces", "landlock")], ids=["all", "filter alone"])
def test_no_attack_gets_through_for_an_ordinary_user(ordinary_python, without):
    result = run_as_user([ordinary_python, "-m", "tests.attacks.ordinary", *without])
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["user"] != 0
    assert found["through"] == {}


def test_there_are_enough_attacks_and_no_two_of_a_name():
    attacks = channel_attacks(GuessProblem())
    assert len(attacks) == len(ATTACKS) >= 60
