"""Evaluations on their way: asked for once, journalled on arrival, never run again."""

from __future__ import annotations

import concurrent.futures
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

from archive.entry import Evaluation, EvaluationKey
from archive.journal import Journal
from evaluators.contract import Problem, Split
from evaluators.execution.executor import Executor, Job, Purpose, Report, Sandbox, chosen
from evaluators.identity import workload_set_digest
from evaluators.scoring import in_order

Now = Callable[[], datetime]


class Evaluations:
    """A queue before the executor, and the memory of everything that has arrived.

    Confirming runs go first because a commit waits for them; the rest is first come, first served.
    Only as many jobs are handed to the executor as it has slots, so that order is ours.
    """

    def __init__(
        self,
        executor: Executor,
        journal: Journal,
        problem: Problem,
        now: Now,
        ring: Callable[[], None],
    ) -> None:
        """`ring` is called, in another thread, whenever there is something to collect."""
        self._executor = executor
        self._journal = journal
        self._problem = problem
        self._now = now
        self._ring = ring
        self._known = {e.key: e for e in journal.evaluations()}
        self._queue: deque[tuple[EvaluationKey, Job]] = deque()
        self._flying: dict[concurrent.futures.Future[Report], EvaluationKey] = {}
        self._landed: deque[concurrent.futures.Future[Report]] = deque()  # filled by other threads
        self._under_way: set[EvaluationKey] = set()  # queued or flying
        self._sets: dict[tuple[Split, tuple[str, ...] | None], str] = {}
        self._arrived: set[str] = set()
        self._takes_more = True

    def request(
        self,
        digest: str,
        source: str,
        split: Split,
        purpose: Purpose,
        expected_traces: Mapping[str, str] | None = None,
        workload_ids: tuple[str, ...] | None = None,
        repeat: int = 0,
    ) -> EvaluationKey:
        """Ask for an evaluation unless it is known or on its way, or no more are taken; the key to
        wait for.

        It is on the whole split, or on some workloads of it. A `rescore` is told from others by the
        whole problem: another version may play the same workloads. So is what a `device` measures.
        """
        is_other = purpose in ("rescore", "device")
        played = self._executor.problem_digest if is_other else self._set(split, workload_ids)
        key = EvaluationKey(digest, split, played, purpose, repeat)
        if key in self._known or key in self._under_way or not self._takes_more:
            return key
        self._under_way.add(key)
        job = Job(source, split, purpose, repeat, workload_ids, expected_traces or {})
        if purpose == "confirm":
            self._queue.appendleft((key, job))
        else:
            self._queue.append((key, job))
        self._dispatch()
        return key

    def known(self, key: EvaluationKey) -> Evaluation | None:
        """The evaluation if it has arrived."""
        return self._known.get(key)

    @property
    def waiting(self) -> int:
        """How many are queued or running."""
        return len(self._queue) + len(self._flying)

    def collect(self) -> None:
        """Journal what has arrived, and hand on what waits."""
        while self._landed:
            future = self._landed.popleft()
            self._arrive(self._flying.pop(future), future.result())
        self._dispatch()

    def take_no_more(self) -> None:
        """Drop what has not started, and what is asked for from now on: nothing is lost, it can be
        asked for again later.
        """
        self._takes_more = False
        self._under_way -= {key for key, _ in self._queue}
        self._queue.clear()

    def take_again(self) -> None:
        """What is asked for is evaluated again."""
        self._takes_more = True

    @property
    def arrived(self) -> int:
        """How many policies were evaluated for the search since the start or resumption."""
        return len(self._arrived)

    @property
    def wall_s(self) -> float:
        """What evaluators have worked on this run, in all."""
        return sum(e.wall_s for e in self._known.values())

    @property
    def sandbox(self) -> Sandbox:
        """The protection in force."""
        return self._executor.sandbox

    def _arrive(self, key: EvaluationKey, report: Report) -> None:
        evaluation = Evaluation(
            key=key,
            outcome=in_order(report.outcome),
            executor=self._executor.name,
            device=report.device,
            sandbox_level=report.sandbox.level,
            filter_sha256=report.sandbox.filter_sha256,
            traces=report.traces,
            cpu_s=report.cpu_s,
            wall_s=report.wall_s,
            finished_at=self._now().isoformat(),
        )
        self._journal.add_evaluation(evaluation)
        self._known[key] = evaluation
        self._under_way.remove(key)
        if key.purpose == "search":
            self._arrived.add(key.digest)

    def _dispatch(self) -> None:
        while self._queue and len(self._flying) < self._executor.slots:
            key, job = self._queue.popleft()
            future = self._executor.submit(job)
            self._flying[future] = key
            future.add_done_callback(self._land)

    def _land(self, future: concurrent.futures.Future[Report]) -> None:
        """Called in a thread of the executor's."""
        self._landed.append(future)
        self._ring()

    def _set(self, split: Split, ids: tuple[str, ...] | None) -> str:
        if (split, ids) not in self._sets:
            played = chosen(self._problem.workloads(split), ids)
            self._sets[split, ids] = workload_set_digest(played)
        return self._sets[split, ids]
