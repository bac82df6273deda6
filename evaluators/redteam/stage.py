"""Where attacks are played: an executor of one slot that is opened again when it hangs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import TimeoutError as NoAnswer
from dataclasses import replace

from evaluators.contract import Deadlines
from evaluators.execution.executor import Job, Report
from evaluators.execution.local import LocalExecutor
from evaluators.execution.slot_client import SlotError

SHORT = Deadlines(load_s=0.5, call_s=0.2, episode_s=2.0)

Open = Callable[[Deadlines], LocalExecutor]


class Stage:
    """One slot with deadlines of its own."""

    def __init__(self, open_executor: Open, deadlines: Deadlines) -> None:
        self._open = open_executor
        self.deadlines = deadlines
        self.executor = open_executor(deadlines)

    @property
    def evaluator_pid(self) -> int:
        """The slot's process as of now."""
        return self.executor.evaluator_pids[0]

    def play(self, job: Job, limit_s: float) -> Report | str:
        """The report, or in words how the evaluator failed."""
        try:
            return self.executor.submit(job).result(limit_s)
        except NoAnswer:
            self.reopen(self.deadlines)
            return f"the evaluator gave no answer within {limit_s:.0f} s"
        except SlotError as error:
            return f"the evaluator failed: {str(error).strip().splitlines()[-1]}"

    def reopen(self, deadlines: Deadlines) -> None:
        """Start again with these deadlines."""
        self.executor.close()
        self.deadlines = deadlines
        self.executor = self._open(deadlines)

    def close(self) -> None:
        """Stop every process."""
        self.executor.close()


def shortened(deadlines: Deadlines) -> Deadlines:
    """The deadlines with no time limit above `SHORT`."""
    return replace(
        deadlines,
        load_s=min(deadlines.load_s, SHORT.load_s),
        call_s=min(deadlines.call_s, SHORT.call_s),
        episode_s=min(deadlines.episode_s, SHORT.episode_s),
    )
