"""The red team from the command line, on a tiny problem of its own file."""

from __future__ import annotations

import json

import pytest

from evaluators.registry import BUILT_IN
from evolve.cli.main import main
from tests.problems import GUESS

ONE_GROUP = ["redteam", GUESS.name, "--group", "sockets"]


def test_one_line_for_each_attack_and_a_summary(capsys):
    assert main(ONE_GROUP) == 0
    out = capsys.readouterr().out
    first, *_ = out.splitlines()
    assert "attacks on guess" in first
    assert "\nsockets\n" in out
    assert "  contained    connect by TCP: " in out
    assert "contained at level" in out.splitlines()[-1]


def test_the_document(capsys):
    assert main([*ONE_GROUP, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["problem"]["name"] == "guess"
    assert document["through"] == 0
    assert document["contained"] == len(document["findings"]) > 0
    assert {f["group"] for f in document["findings"]} == {"sockets"}


def test_without_a_sandbox_it_fails_and_names_what_got_through(capsys):
    assert main([*ONE_GROUP, "--unsafe-no-sandbox"]) == 1
    out = capsys.readouterr().out
    assert "GOT THROUGH  send by UDP: it reached" in out
    assert "at level none, filter none" in out
    assert "got through: send by UDP" in out


def test_an_unknown_group_is_the_users_fault(capsys):
    assert main(["redteam", GUESS.name, "--group", "socket"]) == 2
    assert "hint: did you mean" in capsys.readouterr().err


def test_no_run_is_touched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["redteam", GUESS.name, "--group", "replies"]) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["redteam"], ["redteam", "nothing_of_this_name"]])
def test_a_problem_is_needed(words):
    assert main(words) == 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("problem", [*BUILT_IN, "docs/examples/bin_packing.py"])
def test_nothing_gets_through_on_any_problem(problem):
    assert main(["redteam", problem]) == 0
