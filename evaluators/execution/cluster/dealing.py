"""Which job is played where, and again where it was lost. One thread calls; nothing here waits.

A job is named by its evaluation key. Whatever answers it first settles it; an answer to a name that
is not under way is a late duplicate, from a slot that was given up too early, and is dropped.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evaluators.execution.cluster.admission import Admission
from evaluators.execution.cluster.roster import Node, Roster
from evaluators.execution.executor import PoolState

MOST_DEATHS = 8  # of slots under one job: then it is the job that kills them
REMEMBERED_PER_SLOT = 16  # searched policies; one is confirmed soon or never

Say = Callable[[Mapping[str, Any]], None]


class Fleet(Protocol):
    """Slots by number. What comes of them is told to the dealer later."""

    def start(self, slot: int, avoided: Collection[str]) -> None:
        """Start a slot on any node but these."""
        ...

    def play(self, slot: int, name: str, job: str) -> None:
        """Hand it a job."""
        ...

    def stop(self, slot: int) -> None:
        """Be rid of it, whatever it is doing."""
        ...


@dataclass(slots=True)
class _Job:
    line: str
    policy: str  # digest
    purpose: str
    deaths: int = 0


@dataclass(slots=True)
class _Slot:
    node: str = ""  # id; empty until it has started
    playing: str | None = None


class Dealer:
    """Holds every job that is under way, and every slot there is or is to be."""

    def __init__(self, fleet: Fleet, say: Say, admission: Admission, most: int | None) -> None:
        """`say` is given what the engine is to know; `most` slots, None: one per CPU."""
        self._fleet = fleet
        self._say = say
        self._admission = admission
        self._most = most
        self._roster = Roster(self._tell)
        self._jobs: dict[str, _Job] = {}
        self._queue: deque[str] = deque()
        self._slots: dict[int, _Slot] = {}
        self._numbers = itertools.count(1)
        self._idle: dict[int, None] = {}  # who is idle longest comes first
        self._searched_by: dict[str, int] = {}
        self._said = ""  # why slots do not start
        self._num_started = 0
        self._retries = 0
        self.late = 0  # answers that came after the job was settled

    @property
    def state(self) -> PoolState:
        """As of now."""
        playing = self._num_started - len(self._idle)
        nodes = len(self._roster.usable)
        return PoolState(nodes, self._num_started, playing, len(self._queue), self._retries)

    @property
    def wanted(self) -> int:
        """How many slots there should be."""
        room = self._roster.room
        return room if self._most is None else min(room, self._most)

    # -- jobs --------------------------------------------------------------------------------

    def submit(self, name: str, policy: str, purpose: str, line: str) -> None:
        """Have a job played, once for all who ask for it by this name."""
        if name not in self._jobs:
            self._jobs[name] = _Job(line, policy, purpose)
            self._queue.append(name)
            self._deal()

    def answered(self, number: int, name: str, answer: Mapping[str, str]) -> None:
        """A slot has done what it was given: `report`, `fault`, or `died` with why."""
        slot = self._slots.get(number)
        is_expected = slot is not None and slot.playing == name
        if slot is not None and is_expected:
            slot.playing = None
            self._idle[number] = None
        if name not in self._jobs:
            self.late += 1
        elif "died" not in answer:
            self._settle(name, answer)
        elif is_expected:
            self._again(name, answer["died"])
        self._deal()

    def _settle(self, name: str, answer: Mapping[str, str]) -> None:
        del self._jobs[name]
        if name in self._queue:  # its first slot was given up, and has answered after all
            self._queue.remove(name)
        self._say({"name": name, **answer})

    def _again(self, name: str, why: str) -> None:
        """Play a lost job before all others, unless it is the job that kills."""
        job = self._jobs[name]
        job.deaths += 1
        if job.deaths >= MOST_DEATHS:
            self._settle(name, {"fault": f"{job.deaths} evaluators ended under one job\n{why}"})
            return
        self._retries += 1
        self._queue.appendleft(name)

    def _deal(self) -> None:
        passed: list[str] = []
        while self._queue and self._idle:
            name = self._queue.popleft()
            number = self._slot_for(self._jobs[name])
            if number is None:
                passed.append(name)
            else:
                self._hand_over(name, number)
        self._queue.extendleft(reversed(passed))

    def _slot_for(self, job: _Job) -> int | None:
        """An idle slot; to confirm a policy another one than searched it, where there is another.

        So an answer that depends on what one zygote happens to be does not pass for a steady one.
        """
        has_choice = job.purpose == "confirm" and self._num_started > 1
        avoided = self._searched_by.get(job.policy) if has_choice else None
        return next((number for number in self._idle if number != avoided), None)

    def _hand_over(self, name: str, number: int) -> None:
        del self._idle[number]
        self._slots[number].playing = name
        job = self._jobs[name]
        if job.purpose == "search":
            self._searched_by[job.policy] = number
            if len(self._searched_by) > REMEMBERED_PER_SLOT * max(64, self._num_started):
                del self._searched_by[next(iter(self._searched_by))]
        self._fleet.play(number, name, job.line)

    # -- slots -------------------------------------------------------------------------------

    def started(self, number: int, found: Mapping[str, Any]) -> None:
        """A slot is there, and says where and what the node is like."""
        slot, node = self._slots.get(number), found["node_id"]
        if slot is None:
            return  # it was given up meanwhile
        refused = self._roster.refused
        if node not in refused and (why := self._admission.objection(found)):
            self._roster.refuse(node, why)
        if node in refused:
            self._give_up(number)
            self._check_usable()
            return
        slot.node = node
        self._idle[number] = None
        self._num_started += 1
        self._say({"sandbox": found["sandbox"]})
        self._deal()

    def _check_usable(self) -> None:
        refused = self._roster.refused
        if refused and not self._roster.usable:
            self._say({"unusable": list(refused.values())})

    def lost(self, number: int, why: str) -> None:
        """A slot has died, or what it runs on; it is replaced at the next look."""
        slot = self._slots.get(number)
        if slot is None:
            return
        if not slot.node and why != self._said:
            self._said = why
            self._tell(f"a slot does not start: {why}")
        self._give_up(number, why)
        self._deal()

    def _give_up(self, number: int, why: str = "") -> None:
        slot = self._slots.pop(number)
        self._idle.pop(number, None)
        self._num_started -= bool(slot.node)
        self._fleet.stop(number)
        if slot.playing is not None and slot.playing in self._jobs:
            self._again(slot.playing, why)

    def look(self, alive: Sequence[Node]) -> None:
        """Take note of which nodes are alive; have as many slots as there is room for."""
        gone = self._roster.look(alive)
        for number in [n for n, slot in self._slots.items() if slot.node in gone]:
            self._give_up(number, "its node is gone")
        for number in [n for n, slot in self._slots.items() if not slot.node]:
            if len(self._slots) > self.wanted:
                self._give_up(number)
        while len(self._slots) < self.wanted:
            number = next(self._numbers)
            self._slots[number] = _Slot()
            self._fleet.start(number, self._roster.refused)
        self._deal()

    def _tell(self, line: str) -> None:
        self._say({"news": line})
