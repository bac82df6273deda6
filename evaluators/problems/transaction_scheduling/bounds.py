"""What no order can beat: the optimum of up to nine transactions, else bounds.

Transactions that write the same key k are kept apart there: from its first access of k to its last
write of k each of them has k alone among these writers, whatever the order. So they are jobs of one
machine, with a head before (operations ahead of the first access), a time on the machine, and a
tail behind. Letting jobs be interrupted gives bounds that are computed exactly:

- makespan: the largest remaining tail first (Jackson's preemptive rule, optimal for the relaxation:
  Carlier 1982), over all keys; and no less than the longest transaction.
- mean completion time: the shortest remaining time first (optimal for the sum of completions with
  interruption; Baker 1974). A transaction counts for one key alone, or for none (then it takes its
  length at least), so the sums of disjoint groups add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluators.contract import Bound, Workload
from evaluators.problems.transaction_scheduling.enumeration import MOST_ENUMERATED, least_times
from evaluators.problems.transaction_scheduling.simulator import (
    IDLE,
    Transactions,
    serial_share,
)

Limit = tuple[int, int, Literal["optimum", "bound"]]
PROOFS: Mapping[Literal["optimum", "bound"], tuple[str, str]] = {
    "optimum": ("all orders tried", "all orders tried"),
    "bound": (
        "the longest transaction, and Jackson's preemptive rule for the writers of every key",
        "shortest remaining time for the writers of each key, every transaction in one group",
    ),
}


@dataclass(frozen=True, slots=True)
class Job:
    """A transaction's hold on a key that it writes, and what comes before and after, in units."""

    transaction: int
    head: int
    hold: int
    tail: int


def limits(workload: Workload) -> Mapping[str, Bound]:
    """Proved limits of all objectives."""
    transactions = Transactions(**workload.content)
    makespan, total, kind = _limit_of(transactions)
    mean = total / len(transactions.lengths)
    return {
        "log_makespan": Bound(serial_share(makespan, transactions), kind, PROOFS[kind][0]),
        "log_mean_completion": Bound(serial_share(mean, transactions), kind, PROOFS[kind][1]),
        "decision_cpu": Bound(0.0, "bound", "time is not negative"),
    }


def _limit_of(transactions: Transactions) -> Limit:
    """Makespan and sum of completion times."""
    if len(transactions.lengths) <= MOST_ENUMERATED:
        return *least_times(transactions), "optimum"
    return makespan_bound(transactions), total_completion_bound(transactions), "bound"


def makespan_bound(transactions: Transactions) -> int:
    """Time units."""
    serial = (_last_end(jobs) for jobs in writers(transactions).values())
    return max(int(transactions.lengths.max()), *serial, 0)


def total_completion_bound(transactions: Transactions) -> int:
    """Time units, over all transactions."""
    total, grouped = int(transactions.lengths.sum()), set[int]()
    for jobs in sorted(writers(transactions).values(), key=_delay, reverse=True):
        mine = [job for job in jobs if job.transaction not in grouped]
        grouped.update(job.transaction for job in mine)
        total += _delay(mine)
    return total


def writers(transactions: Transactions) -> Mapping[int, Sequence[Job]]:
    """The jobs of every key that two transactions or more write."""
    by_key: dict[int, list[Job]] = defaultdict(list)
    for number, operations in enumerate(transactions.operations()):
        first: dict[int, int] = {}
        last_write: dict[int, int] = {}
        for position, (key, is_write) in enumerate(operations):
            first.setdefault(key, position)
            if is_write:
                last_write[key] = position
        for key, last in last_write.items():
            if key != IDLE:
                head, end = first[key], last + 1
                by_key[key].append(Job(number, head, end - head, len(operations) - end))
    return {key: jobs for key, jobs in by_key.items() if len(jobs) > 1}


def _last_end(jobs: Sequence[Job]) -> int:
    released = _released(jobs, lambda job, _: -job.tail)
    return max(at + job.tail for job, at in released)


def _delay(jobs: Sequence[Job]) -> int:
    """How much later than by themselves the jobs are done, all together, at the least."""
    released = _released(jobs, lambda _, left: left)
    return sum(at - job.head - job.hold for job, at in released)


def _released(jobs: Iterable[Job], urgency: Callable[[Job, int], int]) -> list[tuple[Job, int]]:
    """When one machine is through with each job: always the one of the least urgency value that
    has arrived, by what is left of it.
    """
    left = {job: job.hold for job in jobs}
    released, now = [], 0
    while left:
        here = [job for job in left if job.head <= now]
        next_head = min((job.head for job in left if job.head > now), default=None)
        if not here:
            now = next_head or now
            continue
        chosen = min(here, key=lambda job: urgency(job, left[job]))
        worked = left[chosen] if next_head is None else min(left[chosen], next_head - now)
        now += worked
        left[chosen] -= worked
        if not left[chosen]:
            del left[chosen]
            released.append((chosen, now))
    return released
