"""What no policy does by mistake is called a policy violation; the rest is told to its author."""

from __future__ import annotations

import pytest

from evaluators.redteam.battery import Battery
from evaluators.redteam.catalogue import channel_attacks
from tests.problems import GUESS, GuessProblem

VERDICTS = {
    "become a shell": "policy violation",
    "trace the evaluator": "policy violation",
    "ask to be traced": "policy violation",
    "read the evaluator's memory": "policy violation",
    "session keyring": "policy violation",
    "page faults of its own": "policy violation",
    "asynchronous system calls": "policy violation",
    "sequence number of another trip": "policy violation",
    "answer before its question": "policy violation",
    "word that means nothing": "policy violation",
    "status that does not exist": "policy violation",
    "length beyond everything": "policy violation",
    "answer without content": "invalid action",
    "answer cut in half": "invalid action",
    "answers of megabytes": "invalid action",
    "loop in a decision": "time",
    "sleep while loading": "time",
    "exit at once": "crash",
    "close every descriptor": "crash",
    "memory between workloads": "shares state between episodes",
    "read a planted file": None,
    "kill a bystander": None,
}


@pytest.fixture(scope="module")
def findings():
    attacks = {a.name: a for a in channel_attacks(GuessProblem())}
    with Battery(GUESS) as battery:
        yield lambda name: battery.play(attacks[name])


@pytest.mark.parametrize("name", VERDICTS)
def test_what_a_policy_is_told(findings, name):
    assert findings(name).failure == VERDICTS[name]
