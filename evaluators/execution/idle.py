"""Slots that wait for a job, and which of them gets it."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from evaluators.execution.executor import Job
from evaluators.execution.slot_client import Slot

REMEMBERED = 1024  # searched policies; one is confirmed soon or never


class IdleSlots:
    """A policy is confirmed by another slot than it was searched by, where there is another.

    So an answer that depends on what one zygote happens to be does not pass for a steady one.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._idle = list(slots)
        self._has_choice = len(slots) > 1
        self._is_changed = threading.Condition()
        self._searched_by: dict[str, Slot] = {}

    def take(self, job: Job) -> Slot:
        """A slot for this job alone, waited for."""
        with self._is_changed:
            is_confirming = job.purpose == "confirm" and self._has_choice
            avoided = self._searched_by.get(job.source) if is_confirming else None
            self._is_changed.wait_for(lambda: any(s is not avoided for s in self._idle))
            slot = next(s for s in self._idle if s is not avoided)
            self._idle.remove(slot)
            if job.purpose == "search":
                self._remember(job.source, slot)
            return slot

    def give_back(self, slot: Slot) -> None:
        """It waits again."""
        with self._is_changed:
            self._idle.append(slot)
            self._is_changed.notify_all()

    def _remember(self, source: str, slot: Slot) -> None:
        self._searched_by[source] = slot
        if len(self._searched_by) > REMEMBERED:
            del self._searched_by[next(iter(self._searched_by))]
