"""The page on security names tests and attacks that exist."""

from __future__ import annotations

import re
from pathlib import Path

from evaluators.redteam.catalogue import channel_attacks
from tests.problems import GuessProblem

PROJECT = Path(__file__).parents[2]
ROWS = [
    line
    for line in (PROJECT / "docs" / "security.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]


def test_every_test_that_is_named_exists():
    defined = {
        name
        for path in (PROJECT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = {name for row in ROWS for name in re.findall(r"\b(test_\w+)[`\[]", row)}
    assert len(named) > 20
    assert named <= defined


def test_every_attack_that_is_named_exists():
    known = {attack.name for attack in channel_attacks(GuessProblem())}
    told = [row.partition("battery: ")[2] for row in ROWS]
    named = {name for text in told for name in re.findall(r"`([^`]+)`", text)}
    assert len(named) > 10
    assert named <= known
