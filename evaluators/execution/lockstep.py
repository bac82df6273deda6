"""Plays independent workloads together: their generators advance side by side, one trip a step.

A crash or an overrun is charged to the episode that the child was serving; the unfinished others
start again in a new child.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluators.checking import ActionChecker
from evaluators.contract import Failure, Measurements, Problem, Workload
from evaluators.errors import InvalidAction
from evaluators.identity import policy_seed
from evaluators.sandbox.channel import Call, Child, Death, Reply
from evaluators.sandbox.launcher import Zygote
from evaluators.sandbox.leaf import WireError
from evaluators.sandbox.wire import SignatureLayout

MOST_DEATHS = 3


@dataclass(frozen=True, slots=True)
class Played:
    """One workload played by one policy. `trace` is the SHA-256 of its answers."""

    outcome: Measurements | Failure
    trace: str
    cpu_s: float
    num_decisions: int


@dataclass(frozen=True, slots=True)
class Playing:
    """Every workload by id, or why the policy does not load; and all children's CPU seconds."""

    played: Mapping[str, Played] | Failure
    cpu_s: float


class _Episode:
    """A workload on its way through its generator."""

    def __init__(
        self, number: int, workload: Workload, problem: Problem, layout: SignatureLayout,
        checker: ActionChecker, seed: int,
    ) -> None:  # fmt: skip
        self.number = number
        self.workload = workload
        self.outcome: Measurements | Failure | None = None
        self.cpu_s = 0.0
        self._num_decisions = 0
        self._trace = hashlib.sha256()
        self._layout = layout
        self._checker = checker
        self._given_sizes = layout.start_sizes()
        given = {**problem.given(workload), "seed": seed}
        self._given = layout.given.encode(given, self._given_sizes)
        self._generator = problem.episode(workload)
        try:
            self._observation = next(self._generator)
        except StopIteration as end:
            self.outcome = end.value

    def call(self) -> Call:
        """The next question. Binds the sizes that its answer is held to."""
        self._sizes = dict(self._given_sizes)
        observation = self._layout.observation.encode(self._observation, self._sizes)
        given, self._given = self._given, b""
        return Call(self.number, given, observation)

    def receive(self, reply: Reply) -> None:
        """Take the answer to the last question."""
        self._num_decisions += 1
        if isinstance(reply, Failure):
            self.outcome = reply
            return
        self._trace.update(len(reply).to_bytes(8, "little") + reply)
        try:
            answer = self._layout.decode_answer(reply, self._sizes)
            action = self._checker.check(answer, self._sizes)
            self._observation = self._generator.send(action)
        except (WireError, InvalidAction) as error:
            self.outcome = Failure("invalid action", str(error))
        except StopIteration as end:
            self.outcome = end.value

    def played(self) -> Played:
        """What came of it, once there is an outcome."""
        if self.outcome is None:
            raise ValueError(f"the episode on {self.workload.id} has not ended")
        return Played(self.outcome, self._trace.hexdigest(), self.cpu_s, self._num_decisions)


class Player:
    """Plays policies of one problem in children of one zygote."""

    def __init__(self, problem: Problem, zygote: Zygote, digest_of_problem: str) -> None:
        self._problem = problem
        self._zygote = zygote
        self._digest = digest_of_problem
        self._layout = SignatureLayout(zygote.rules.signature)
        self._checker = ActionChecker(problem.signature)

    def play(self, source: str, workloads: Sequence[Workload], repeat: int = 0) -> Playing:
        """Play independent workloads in lockstep, in new children as long as any is unfinished."""
        try:
            code = source.encode()
        except UnicodeEncodeError as error:
            return Playing(Failure("syntax", f"the source is not valid Unicode: {error}"), 0.0)
        played: dict[str, Played] = {}
        cpu_s = 0.0
        for _ in range(MOST_DEATHS):
            unfinished = [w for w in workloads if w.id not in played]
            if not unfinished:
                break
            episodes = self._episodes(unfinished, repeat)
            child = Child(self._zygote, self._layout, code, len(episodes), self._problem.deadlines)
            with child:
                fault = child.load()
                if fault is None:
                    _advance(child, episodes)
            cpu_s += child.total_cpu_s()
            if fault is not None:
                return Playing(fault, cpu_s)
            played |= {e.workload.id: e.played() for e in episodes if e.outcome is not None}
        not_run = Failure("not run", f"the policy's process had already died {MOST_DEATHS} times")
        played |= {w.id: Played(not_run, "", 0.0, 0) for w in workloads if w.id not in played}
        return Playing(played, cpu_s)

    def _episodes(self, workloads: Sequence[Workload], repeat: int) -> list[_Episode]:
        seeds = [policy_seed(self._digest, w.id, repeat) for w in workloads]
        return [
            _Episode(i, w, self._problem, self._layout, self._checker, seed)
            for i, (w, seed) in enumerate(zip(workloads, seeds, strict=True))
        ]


def _advance(child: Child, episodes: Sequence[_Episode]) -> None:
    """Step all episodes until each has an outcome or the child has died.

    The child's CPU time is shared evenly among the episodes of a trip: only the child knows better,
    and nothing that it says of time can be believed.
    """
    charged_s = child.total_cpu_s()
    while active := [e for e in episodes if e.outcome is None]:
        while all(e.outcome is None for e in active):
            _step(child, active)
        cpu_s = child.total_cpu_s()
        for episode in active:
            episode.cpu_s += (cpu_s - charged_s) / len(active)
        charged_s = cpu_s
        if child.is_dead:
            return


def _step(child: Child, active: Sequence[_Episode]) -> None:
    """One trip: a decision in every episode, or the child's death in those that share the blame."""
    replies = child.trip([e.call() for e in active])
    if isinstance(replies, Death):
        for episode in active if replies.served is None else [active[replies.served]]:
            episode.outcome = replies.failure
        return
    for episode, reply in zip(active, replies, strict=True):
        episode.receive(reply)
