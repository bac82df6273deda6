"""The guessing problem with short limits, so that a loop without end is over soon."""

from __future__ import annotations

from evaluators.contract import Deadlines
from tests.problems.guess import GuessProblem


class HurriedProblem(GuessProblem):
    """A decision may take 100 ms of CPU time, an episode 400 ms."""

    name = "hurried"
    deadlines = Deadlines(load_s=1.0, call_s=0.1, episode_s=0.4, memory_mb=64)
