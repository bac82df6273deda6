"""The local executor: a pool of evaluator processes on this machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor

from evaluators.contract import Deadlines
from evaluators.errors import UsageError
from evaluators.execution.executor import Job, Layer, Report
from evaluators.execution.idle import IdleSlots
from evaluators.execution.message import Greeting
from evaluators.execution.slot_client import Slot, SlotDiedError
from evaluators.identity import problem_digest
from evaluators.registry import ProblemSpec


class LocalExecutor:
    """Plays jobs in the order of submission in `slots` evaluator processes.

    With no more slots than CPUs each slot keeps to a CPU of its own, because evaluator and child
    alternate strictly and waking across CPUs costs more than a decision.

    A problem that is measured on a device has one slot, whatever `slots` says: the device is for
    one process alone.

    `without` names layers of protection to leave out; the level in the reports is what remains.
    `deadlines` take the place of the problem's own.

    Raises:
        UsageError: the problem cannot be made, or its device cannot be opened, or there is no
            sandbox and none was waived, or this is not Linux.
    """

    name = "local"

    def __init__(
        self,
        spec: ProblemSpec,
        slots: int | None = None,
        unsafe_no_sandbox: bool = False,
        without: Collection[Layer] = (),
        deadlines: Deadlines | None = None,
    ) -> None:
        _check_system()
        self.problem_digest = problem_digest(spec.load())
        cpus = len(os.sched_getaffinity(0))
        self.slots = 1 if spec.device else slots or cpus
        greeting = Greeting(
            spec,
            self.problem_digest,
            unsafe_no_sandbox,
            tuple(without),
            self.slots <= cpus,
            os.getpid(),
            deadlines,
        )
        self._all = [Slot(greeting) for _ in range(self.slots)]
        self._idle = IdleSlots(self._all)
        self._threads = ThreadPoolExecutor(self.slots, "adrs-slot")
        try:
            self.sandbox, *_ = self._threads.map(Slot.start, self._all)
        except BaseException:
            self.close()
            raise

    @property
    def evaluator_pids(self) -> list[int]:
        """The processes that are running now, for who watches them from outside."""
        return [slot.pid for slot in self._all if slot.pid is not None]

    def submit(self, job: Job) -> Future[Report]:
        """Queue a job. Its future raises SlotError for a fault of ours or the problem's."""
        return self._threads.submit(self._play, job)

    def close(self) -> None:
        """Stop every process; jobs that have not finished are cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for slot in self._all:
            slot.stop()
        self._threads.shutdown()
        for slot in self._all:
            slot.close()

    def _play(self, job: Job) -> Report:
        slot = self._idle.take(job)
        try:
            return slot.play(job)
        except SlotDiedError:
            return slot.play(job)
        finally:
            self._idle.give_back(slot)


def _check_system() -> None:
    """Nothing that seals a policy exists elsewhere, nor what carries its answers."""
    if platform.system() != "Linux":
        raise UsageError(
            f"policies are played on Linux alone: on {platform.system()} nothing would hold them",
            "use a Linux machine, container or virtual machine (see docs/security.md); "
            "--unsafe-no-sandbox does not help",
        )
