"""What a policy is asked and what it answers, played in the sandbox and written down."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast

from evaluators.contract import Action, Failure, Measurements, Observation, Problem, Workload
from evaluators.execution.lockstep import Player
from evaluators.identity import policy_seed, problem_digest
from evaluators.sandbox import ladder
from evaluators.sandbox.launcher import Rules
from evaluators.signature import Values


@dataclass(frozen=True, slots=True)
class Recording:
    """The first decisions of one episode: what was seen, and what was answered to it."""

    workload_id: str
    given: Values  # with the episode's seed
    decisions: list[tuple[Observation, Action]] = field(default_factory=list)


def record(
    problem: Problem,
    source: str,
    workloads: Sequence[Workload],
    most: int,
    unsafe_no_sandbox: bool = False,
) -> list[Recording] | Failure:
    """The first `most` decisions on every workload, or why there are none.

    The policy runs in the sandbox's child, as in every evaluation. Raises UsageError where this
    machine has no sandbox.
    """
    recorder = _Recorder(problem, most)
    played = cast(Problem, recorder)
    zygote, _ = ladder.start(Rules.of(problem), ladder.choose_layers(unsafe_no_sandbox))
    with closing(zygote):
        playing = Player(played, zygote, recorder.digest).play(source, workloads)
    if isinstance(playing.played, Failure):
        return playing.played
    for one in playing.played.values():
        if isinstance(one.outcome, Failure):
            return one.outcome
    return [recorder.recordings[w.id] for w in workloads]


class _Recorder:
    """A problem that keeps what passes through its episodes, and ends them early."""

    def __init__(self, problem: Problem, most: int) -> None:
        self._problem = problem
        self._most = most
        self.digest = problem_digest(problem)
        self.recordings: dict[str, Recording] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._problem, name)

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        """The problem's own episode, as far as it is recorded; simulated, for nothing is scored."""
        seed = policy_seed(self.digest, workload.id, 0)
        recording = Recording(workload.id, {**self._problem.given(workload), "seed": seed})
        self.recordings[workload.id] = recording
        episode = self._problem.simulated.episode(workload)
        try:
            observation = next(episode)
            while len(recording.decisions) < self._most:
                seen = copy.deepcopy(observation)
                action = yield observation
                recording.decisions.append((seen, action))
                observation = episode.send(action)
        except StopIteration:
            pass  # it has ended by itself
        return Measurements({})
