"""The executor on a Ray cluster: the engine's end. What it submitted outlives nodes and Ray."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from typing import Any

from evaluators.contract import Deadlines, Policy
from evaluators.errors import UsageError
from evaluators.execution.cluster.broker import Terms
from evaluators.execution.cluster.broker_client import BROKER, BrokerProcess
from evaluators.execution.cluster.connection import check_address
from evaluators.execution.executor import Job, PoolState, Report, Sandbox
from evaluators.execution.message import Greeting, decode_report, encode_job
from evaluators.execution.slot_client import SlotError
from evaluators.identity import problem_digest, sha256_json
from evaluators.registry import ProblemSpec

CONNECT_AGAIN_S = 3.0
_JOBS_PER_SLOT = 2  # are under way at most, for the most slots there ever were
_LEAVE_S = 20.0  # a Ray of the run's own is shut down in that
_SEE = "start it by hand to see more: ray start --head"


def job_name(job: Job) -> str:
    """The evaluation key in one word: what makes two evaluations of one problem the same."""
    ids = None if job.workload_ids is None else list(job.workload_ids)
    return sha256_json([Policy("", job.source).digest, job.split, ids, job.purpose, job.repeat])


class RayExecutor:
    """Plays jobs in slots on the nodes of a Ray cluster; the first slot is waited for.

    Every job is named by its evaluation key: asking again for one that is under way gives the same
    future. Jobs are played again when a slot, a node or the connection is lost. Never more than
    twice as many jobs as slots are accepted: `submit` waits.

    Raises:
        UsageError: the problem cannot be made, there is no Ray, or no node that may play.
    """

    name = "ray"

    def __init__(
        self,
        spec: ProblemSpec,
        address: str,
        slots: int | None = None,
        unsafe_no_sandbox: bool = False,
        *,
        least: str = "none",
        one_device: bool = False,
        device: str = "",
        deadlines: Deadlines | None = None,
        broker: str = BROKER,
    ) -> None:
        """`least`: the lowest level of protection that a node may have. `one_device`: all nodes are
        of one kind, `device` where it is not empty. `broker`: the module of the broker process.
        """
        check_address(address)
        self.problem_digest = problem_digest(spec.load())
        greeting = Greeting(
            spec, self.problem_digest, unsafe_no_sandbox, (), True, os.getpid(), deadlines, True
        )
        self._terms = Terms(address, slots, greeting, least, one_device, device)
        self._module = broker
        self._changed = threading.Condition()  # over all that follows
        self._open: dict[str, tuple[Job, Future[Report]]] = {}
        self._news: deque[str] = deque()
        self._state = PoolState(0, 0, 0, 0, 0)
        self._broker: BrokerProcess | None = None
        self._sandbox: Sandbox | None = None
        self._fault: UsageError | None = None  # before the first slot was there
        self._said = ""  # of a Ray that is away
        self._is_closed = False
        self.slots = 0
        self._most = 1
        self._keeper = threading.Thread(target=self._keep, name="adrs-ray", daemon=True)
        self._keeper.start()
        try:
            self.sandbox = self._first_sandbox()
        except BaseException:
            self.close()
            raise

    @property
    def broker_pid(self) -> int | None:
        """The process that speaks to Ray now, for who watches it from outside."""
        broker = self._broker
        return None if broker is None else broker.pid

    def state(self) -> PoolState:
        with self._changed:
            return self._state

    def news(self) -> list[str]:
        with self._changed:
            lines = list(self._news)
            self._news.clear()
            return lines

    def submit(self, job: Job) -> Future[Report]:
        """Queue a job, when there is room. Its future raises SlotError for a fault of ours or the
        problem's.
        """
        name = job_name(job)
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._open) < self._most)
            if self._is_closed:
                raise CancelledError
            if name not in self._open:
                self._open[name] = job, Future()
                self._send(name, job)
            return self._open[name][1]

    def close(self) -> None:
        """Stop every slot; jobs that have not finished are cancelled."""
        with self._changed:
            self._is_closed = True
            unfinished, self._open = self._open, {}
            self._changed.notify_all()
            broker = self._broker
        for _, future in unfinished.values():
            future.cancel()
        if broker is not None:
            broker.end()
        self._keeper.join(_LEAVE_S)
        if broker is not None and self._keeper.is_alive():
            broker.kill()
        self._keeper.join()

    # -- what the broker says: in the keeper's thread -----------------------------------------

    def _keep(self) -> None:
        """Keep a broker running, and give each one all that is under way."""
        while not self._is_over():
            with self._changed:
                broker = self._broker = BrokerProcess(self._module)
                broker.tell(self._terms.encode())
                for name, (job, _) in self._open.items():
                    self._send(name, job)
            for words in broker.words():
                self._hear(words)
            self._lose(broker.why())
            broker.close()

    def _is_over(self) -> bool:
        """Whether nobody waits any more, or it was in vain from the beginning."""
        with self._changed:
            return self._is_closed or (self._fault is not None and self._sandbox is None)

    def _hear(self, words: Mapping[str, Any]) -> None:
        if "name" in words:
            self._settle(words)
            return
        with self._changed:
            match words:
                case {"state": state, "wanted": wanted}:
                    self._state, self.slots = PoolState(**state), wanted
                    self._most = max(self._most, _JOBS_PER_SLOT * wanted)
                case {"sandbox": sandbox}:
                    self._sandbox = self._sandbox or Sandbox(**sandbox)
                case {"news": line}:
                    self._news.append(line)
                case {"message": message, "hint": hint}:
                    self._fault = UsageError(message, hint)
                case {"unusable": reasons}:
                    self._fault = UsageError("; ".join(reasons), "let a better node join")
            self._changed.notify_all()

    def _settle(self, words: Mapping[str, Any]) -> None:
        """By the first answer to a name; one to a name that is settled is a late duplicate."""
        with self._changed:
            _, future = self._open.pop(words["name"], (None, None))
            self._changed.notify_all()
        if future is None or not future.set_running_or_notify_cancel():
            return
        if "report" in words:
            future.set_result(decode_report(words["report"]))
        else:
            future.set_exception(SlotError(words["fault"]))

    def _lose(self, why: str) -> None:
        """Say so once, and wait a moment before the next try."""
        with self._changed:
            if self._is_closed or self._sandbox is None:
                self._fault = self._fault or UsageError(f"Ray does not work here: {why}", _SEE)
                self._changed.notify_all()
                return
            line = f"Ray is away ({self._fault.message if self._fault else why}): waiting for it"
            if line != self._said:
                self._news.append(line)
            self._said, self._fault = line, None
            self._state, self.slots = replace(self._state, nodes=0, slots=0, playing=0), 0
            self._changed.wait_for(lambda: self._is_closed, CONNECT_AGAIN_S)

    # -- what the broker is told: with the lock held ------------------------------------------

    def _send(self, name: str, job: Job) -> None:
        assert self._broker is not None
        policy, line = Policy("", job.source).digest, encode_job(job)
        told = {"name": name, "policy": policy, "purpose": job.purpose, "line": line}
        self._broker.tell(json.dumps(told))

    def _first_sandbox(self) -> Sandbox:
        """Of the first slot, which is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: self._sandbox is not None or self._fault is not None)
            if self._sandbox is None:
                raise self._fault or CancelledError
            return self._sandbox
