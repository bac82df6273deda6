"""A job with a deadline on machines that come and go, one tick after another.

The rules are those of the Can't Be Late study (Wu et al., NSDI 2024) and of its public simulator:
- what runs, runs for whole ticks and is paid for whole ticks;
- a start, also on the other kind of machine, first takes `restart_s` of machine time, which may be
  several ticks; work done before a preemption is kept;
- once the ticks left are no more than those that one further start and the work left take
  (`is_critical`), nothing is asked any more: a spot machine that works (`is_working`) is kept until
  it is preempted, all else goes to on-demand. The preemption costs the tick in which it is noticed,
  so a job that was on spot then is late.

A machine is any value that tells it from another, None where nothing runs: a kind where there is
one region, kind and region where there are several.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

NONE, SPOT, ON_DEMAND = "none", "spot", "on_demand"
KINDS = (NONE, SPOT, ON_DEMAND)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done, in seconds; deadlines are whole ticks.

    Raises ValueError for a job that on-demand machines cannot finish in time.
    """

    work_s: int
    deadline_s: int
    restart_s: int
    tick_s: int

    def __post_init__(self) -> None:
        if min(self.work_s, self.tick_s) < 1 or self.restart_s < 0:
            raise ValueError(
                f"{self}: work and tick take at least a second, a restart none or more"
            )
        if self.deadline_s % self.tick_s:
            raise ValueError(f"the deadline of {self.deadline_s} s is no multiple of the tick")
        if self.work_s + self.restart_s > self.deadline_s:
            raise ValueError(f"{self.work_s} s of work do not fit before {self.deadline_s} s")

    @property
    def deadline_ticks(self) -> int:
        """Ticks before the deadline."""
        return self.deadline_s // self.tick_s

    @property
    def start_ticks(self) -> int:
        """Ticks of a start, in the last of which work may begin; at least one."""
        return max(1, -(-self.restart_s // self.tick_s))


@dataclass(slots=True)
class Progress:
    """Where a job is: tick, work left, the machine it is on and what is left of its start."""

    job: Job
    tick: int = 0
    work_left_s: int = field(init=False)
    machine: Hashable | None = None
    restart_left_s: int = 0
    starts: int = 0

    def __post_init__(self) -> None:
        self.work_left_s = self.job.work_s

    @property
    def elapsed_s(self) -> int:
        """Since the start of the first tick."""
        return self.tick * self.job.tick_s

    @property
    def is_done(self) -> bool:
        """Whether no work is left."""
        return self.work_left_s == 0

    @property
    def is_working(self) -> bool:
        """Whether it is on a machine whose start is over."""
        return self.machine is not None and self.restart_left_s == 0

    @property
    def is_critical(self) -> bool:
        """Whether the ticks left are no more than a start and the work left take."""
        job = self.job
        needed = -(-(self.work_left_s + job.restart_s) // job.tick_s)
        return needed >= job.deadline_ticks - self.tick

    @property
    def is_late(self) -> bool:
        """Whether the job has used more ticks than the deadline leaves."""
        return self.tick > self.job.deadline_ticks

    def preempt(self) -> None:
        """The machine is gone; the work done on it is kept."""
        self.machine = None

    def advance(self, machine: Hashable | None) -> None:
        """Spend one tick on `machine`, which is started unless the job is on it."""
        useful_s = 0
        if machine is not None:
            if machine != self.machine:
                self.restart_left_s = self.job.restart_s
                self.starts += 1
            starting_s = min(self.restart_left_s, self.job.tick_s)
            self.restart_left_s -= starting_s
            useful_s = self.job.tick_s - starting_s
        self.work_left_s = max(0, self.work_left_s - useful_s)
        self.machine = machine
        self.tick += 1
