"""What is said before a run begins of the calls that it may make."""

from __future__ import annotations

import pytest

from evolve.cli.estimate import estimate
from evolve.settings import ModelSettings, Settings
from tests.problems import GUESS

SEED = "def guess(last):\n    return 0.5 * last\n"


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({}, 75),
        ({"seed_policies": (SEED,) * 20}, 60),
        ({"ask_tell": 2}, 100),  # who waits for people spends no evaluations meanwhile
        ({"arm": "greedy"}, 100),
        ({"evaluations": 3}, 0),
    ],
)
def test_only_what_models_write_is_a_call(changes, calls):
    settings = Settings(
        GUESS,
        **{"evaluations": 104, "tokens": 10**9, "model": ModelSettings(("openai/x",)), **changes},
    )
    said = list(estimate(settings, GUESS.load()))
    assert said[1].startswith(f"openai/x: about {calls} calls, up to {calls * 48_000} tokens")
