"""Plays a run's front again where times are measured, beside its baselines. What was stays.

Every policy is played once in each of several rounds, in another order each time, and the reference
policy once more at the end of each: two plays of one policy show what equals differ by.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from archive.entry import Entry, Evaluation
from archive.journal import Journal
from archive.store.places import store_at
from evaluators.contract import Problem, Split
from evaluators.errors import UsageError
from evaluators.execution.executor import Executor
from evaluators.identity import problem_digest, workload_set_digest
from evaluators.registry import ProblemSpec
from evaluators.scoring import loss
from evolve.afterwards import Clock, Wanted, play_afterwards
from evolve.confirmed import Confirmed, Subject
from evolve.events import Observer, unwatched
from evolve.pools import local_executor
from evolve.runs import CONFIRM, Run, open_run
from evolve.searching import now

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: its subjects in the order of the simulator, and the numbers of its plays.

    In round r a subject is played as repeat `first + r`, the reference once more as `again(r)`.
    """

    subjects: Sequence[Subject]
    reference: Subject
    split: Split
    rounds: int
    first: int

    def again(self, number: int) -> int:
        """The repeat of the reference's second play in a round."""
        return self.first + self.rounds + number

    def wanted(self) -> Iterator[Wanted]:
        """Every play in its order; each round begins with another subject."""
        for number in range(self.rounds):
            turn = number * len(self.subjects) // self.rounds
            for subject in (*self.subjects[turn:], *self.subjects[:turn]):
                yield self.play(subject, self.first + number)
            yield self.play(self.reference, self.again(number))

    def play(self, subject: Subject, repeat: int) -> Wanted:
        """One play."""
        return Wanted(subject.digest, subject.source, self.split, "device", repeat)


def confirm(
    archive: str,
    name: str,
    device: str,
    *,
    parameters: Mapping[str, str] | None = None,
    split: Split = "selection",
    most: int | None = None,
    rounds: int = ROUNDS,
    observer: Observer = unwatched,
    unsafe_no_sandbox: bool = False,
    clock: Clock = time.monotonic,
    executor: Executor | None = None,
) -> Confirmed:
    """Measure a run's front and the baselines that meet its requirements on a device. Each play is
    journalled when it arrives: what was interrupted goes on where it was, what is complete is
    measured anew.

    Args:
        archive: the folder of runs, or a PostgreSQL URL.
        name: the run's name.
        device: "cuda:0".
        parameters: of the problem, beside the run's own; the workloads must stay the same.
        split: the workloads.
        most: only so many policies of the front, the best in the first objective; None: all.
        rounds: how often each policy is played.
        observer: told of every event.
        unsafe_no_sandbox: play without kernel protection, as the run does if it was started so.
        clock: seconds.
        executor: who evaluates the problem on the device; a local slot when None. Closed at the
            end.

    Raises:
        UsageError: the problem is not played on a device, the device cannot be opened, the run has
            no front or one that breaks its requirements, its problem has changed, or somebody
            writes it.
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    with closing(store_at(archive).open(name, write=True)) as journal:
        run = open_run(archive, name)
        spec = _on_device(run.settings.problem, device, parameters or {})
        problem = spec.load()
        _check(run, problem, split)
        subjects = _subjects(run, split, most)
        settings = replace(
            run.settings,
            archive=archive,
            problem=spec,
            unsafe_no_sandbox=unsafe_no_sandbox or run.settings.unsafe_no_sandbox,
        )
        with closing(executor or local_executor(settings)) as pool:
            plan = _planned(journal, problem, spec, Plan(
                subjects, _reference(subjects, problem), split, rounds, first=0
            ))  # fmt: skip
            played = play_afterwards(journal, problem, pool, plan.wanted(), observer, clock)
    return _confirmed(run, problem, device, plan, played)


def _on_device(spec: ProblemSpec, device: str, parameters: Mapping[str, str]) -> ProblemSpec:
    return replace(spec, device=device, parameters={**spec.parameters, **parameters})


def _check(run: Run, problem: Problem, split: Split) -> None:
    run.check_same_problem(run.problem)
    front = run.front(split)
    if not front:
        raise UsageError(
            f"nothing to confirm: run {run.name} has no front on the {split} workloads",
            f"see why: adrs status {run.name}",
        )
    if any(run.broken(e.values[split]) for e in front):  # then all of it: by the same amount
        raise UsageError(
            f"nothing to confirm: nothing on the front of run {run.name} meets what is required on "
            f"the {split} workloads",
            f"see what it breaks: adrs front {run.name} --split {split}",
        )
    searched, measured = (workload_set_digest(p.workloads(split)) for p in (run.problem, problem))
    if searched != measured:
        raise UsageError(
            f"with these parameters the {split} workloads are others than run {run.name} met",
            "give only parameters of the measurement itself",
        )


def _subjects(run: Run, split: Split, most: int | None) -> list[Subject]:
    """The front's best and the baselines that meet the requirements on a split that has seen them,
    the simulator's best first.
    """
    objective = run.scale.objectives[0]

    def rank(entry: Entry) -> float:
        return loss(objective, entry.values[split][objective.name])

    baselines = run.to_beat(split)
    names = {e.proposal.digest: name for name, e in baselines.items()}
    front = sorted(run.front(split), key=rank)[:most]
    chosen = {e.proposal.digest: e for e in (*front, *baselines.values())}
    return [
        Subject(e, names.get(digest, f"{run.name}/{e.number}"), e.values[split][objective.name])
        for digest, e in sorted(chosen.items(), key=lambda pair: rank(pair[1]))
    ]


def _reference(subjects: Sequence[Subject], problem: Problem) -> Subject:
    """The problem's reference policy, or the simulator's best where that one is not measured."""
    named = [s for s in subjects if s.name == problem.reference_policy]
    return named[0] if named else subjects[0]


def _planned(journal: Journal, problem: Problem, spec: ProblemSpec, plan: Plan) -> Plan:
    """The plan as it was interrupted, or with plays that nobody has made, announced."""
    said: dict[str, Any] = {
        "device": spec.device, "digest": problem_digest(problem), "split": plan.split,
        "rounds": plan.rounds, "subjects": [s.digest for s in plan.subjects],
    }  # fmt: skip
    before = [m.content for m in journal.messages() if m.kind == CONFIRM]
    if before and {**said, "first": before[-1]["first"]} == before[-1]:
        last = replace(plan, first=before[-1]["first"])
        known = {(e.key.digest, e.key.repeat) for e in journal.evaluations()
                 if e.key.purpose == "device"}  # fmt: skip
        if any((w.digest, w.repeat) not in known for w in last.wanted()):
            return last
    first = max((m["first"] + 2 * m["rounds"] for m in before), default=0)
    journal.add_message(CONFIRM, {**said, "first": first}, now().isoformat())
    return replace(plan, first=first)


def _confirmed(
    run: Run, problem: Problem, device: str, plan: Plan, played: Mapping[Wanted, Evaluation]
) -> Confirmed:
    def plays(subject: Subject, repeats: Sequence[int]) -> list[Evaluation]:
        return [played[plan.play(subject, repeat)] for repeat in repeats]

    numbers = range(plan.rounds)
    first = [plan.first + n for n in numbers]
    return Confirmed(
        run, problem, device, plan.split, plan.subjects, plan.reference,
        {s.digest: plays(s, first) for s in plan.subjects},
        plays(plan.reference, [plan.again(n) for n in numbers]),
    )  # fmt: skip
