"""Jobs on a real cluster of three nodes: the same reports as here, whatever is killed meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from evaluators.contract import Failure, Score
from evaluators.errors import UsageError
from evaluators.execution.cluster.ray_executor import RayExecutor
from evaluators.execution.executor import Job, Report
from evaluators.registry import ProblemSpec
from tests.evaluators.execution.conftest import guess
from tests.executors import report_of
from tests.nodes import Nodes, evaluators
from tests.problems import GUESS

__all__ = ["guess"]
pytestmark = [pytest.mark.ray, pytest.mark.timeout(240)]

LAST = "def guess(last): return last\n"
SLOW = "def guess(last):\n    total = {}\n    for i in range(50_000): total = i\n    return last\n"
GREEDY = "def guess(last):\n    kept = bytearray(1 << 30)\n    return last\n"


def slow(number: int) -> Job:
    """Takes a tenth of a second or so, well within its deadline."""
    return Job(SLOW.format(number), "tiny")


@contextmanager
def executor(nodes: Nodes, **options: object) -> Iterator[RayExecutor]:
    nodes.restore()
    with closing(RayExecutor(GUESS, nodes.address, **options)) as pool:
        yield pool


def wait_for(reached, pool: RayExecutor) -> None:
    """Until something is so; says how the pool stands when that never comes."""
    for _ in range(1800):
        if reached():
            return
        time.sleep(0.1)
    pytest.fail(f"waited in vain: {pool.state()}, {pool.news()}")


def exact(report: Report) -> tuple[object, ...]:
    """What does not depend on a clock."""
    outcome = report.outcome
    if isinstance(outcome, Failure):
        return outcome.kind, outcome.message
    values = {name: row for name, row in outcome.values.items() if name != "cpu"}
    return values, outcome.failures, dict(report.traces)


def num_done(futures: list[Future[Report]]) -> int:
    return sum(f.done() for f in futures)


def test_killed_nodes_and_added_ones_cost_no_job(nodes, guess):
    jobs = [slow(i) for i in range(24)]
    with executor(nodes, slots=3) as pool:
        wait_for(lambda: pool.state().slots == 3, pool)
        futures = [pool.submit(j) for j in jobs[:6]]
        wait_for(lambda: num_done(futures) >= 2, pool)
        nodes.kill("node-2")
        futures += [pool.submit(j) for j in jobs[6:12]]
        wait_for(lambda: pool.state().nodes == 2, pool)
        nodes.add("node-4")
        futures += [pool.submit(j) for j in jobs[12:]]
        wait_for(lambda: pool.state().nodes == 3, pool)
        nodes.kill("node-1")
        reports = [f.result(timeout=120) for f in futures]
        news = pool.news()
    assert [exact(r) for r in reports] == [exact(guess.submit(j).result(60)) for j in jobs]
    assert any("node-2 is gone" in line for line in news)
    assert any("node-4 has joined" in line for line in news)


def test_without_nodes_it_waits_and_goes_on_when_one_returns(nodes):
    with executor(nodes, slots=1) as pool:
        for name in list(nodes.alive):
            nodes.kill(name)
        wait_for(lambda: pool.state().nodes == 0, pool)
        future = pool.submit(Job(LAST, "tiny"))
        assert pool.slots == 0, "the engine hands over nothing more"
        assert any("no node is left" in line for line in pool.news())
        assert not future.done()
        nodes.add("node-1")
        assert isinstance(future.result(timeout=60).outcome, Score)


def test_a_killed_evaluator_and_a_killed_broker_are_replaced(nodes, guess):
    """The kernel ends what needs more memory than there is with the same signal."""
    with executor(nodes, slots=2) as pool:
        wait_for(lambda: pool.state().slots == 2, pool)
        jobs, futures = [], []
        while pool.state().retries == 0:  # evaluators that are found late have nothing left to lose
            new = [slow(len(jobs) + i) for i in range(4)]
            jobs.extend(new)
            futures.extend(pool.submit(j) for j in new)
            for pid in evaluators():
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: pool.state().retries > 0 or num_done(futures) == len(jobs), pool)
        os.kill(pool.broker_pid, signal.SIGKILL)
        jobs.append(slow(len(jobs)))
        futures.append(pool.submit(jobs[-1]))
        reports = [f.result(timeout=120) for f in futures]
        assert any("waiting for it" in line for line in pool.news())
    assert [exact(r) for r in reports] == [exact(guess.submit(j).result(60)) for j in jobs]


def test_a_policy_that_takes_too_much_memory_fails_as_it_does_here(nodes, guess):
    with executor(nodes, slots=1) as pool:
        there = report_of(pool, GREEDY)
    assert {f.kind for f in there.outcome.failures.values()} == {"memory"}
    assert exact(there) == exact(report_of(guess, GREEDY))


def test_files_of_a_problem_reach_nodes_that_lack_them(nodes, tmp_path, monkeypatch, guess):
    """Nodes see the file of the cache alone: the original is gone before they start."""
    mine = tmp_path / "mine.py"
    mine.write_text(Path(GUESS.name).read_text())
    nodes.restore()
    with closing(RayExecutor(ProblemSpec(str(mine)), nodes.address, 1)) as pool:
        mine.unlink()
        for pid in evaluators():
            os.kill(pid, signal.SIGKILL)  # the next one reads the file anew
        there = report_of(pool, LAST)
    assert exact(there) == exact(report_of(guess, LAST))


def test_a_kind_of_node_that_the_run_was_not_scored_on_is_refused_by_name(nodes):
    nodes.restore()
    with pytest.raises(UsageError) as refused:
        RayExecutor(GUESS, nodes.address, one_device=True, device="Pentium 75")
    assert all(f"node-{number} is refused" in refused.value.message for number in (1, 2, 3))
    assert "Pentium 75" in refused.value.message


def test_a_node_below_the_runs_level_is_refused_by_name(nodes, guess, tmp_path):
    """A node that does not find bubblewrap holds one level less."""
    if guess.sandbox.level != "L3":
        pytest.skip(f"needs namespaces here: {guess.sandbox.note}")
    nodes.restore()
    for name in list(nodes.alive)[1:]:
        nodes.kill(name)
    nodes.add("poor", env_vars={"PATH": str(tmp_path)})
    with closing(RayExecutor(GUESS, nodes.address, least="L3")) as pool:
        news: list[str] = []
        wait_for(lambda: news.extend(pool.news()) or any("poor" in line for line in news), pool)
        assert any("node poor is refused" in line and "L2" in line for line in news)
        assert report_of(pool, LAST).sandbox.level == "L3"
        wait_for(lambda: (pool.state().nodes, pool.state().slots) == (1, 1), pool)


def test_a_machine_outside_the_cluster_connects_as_a_client(nodes):
    nodes.restore()
    with closing(RayExecutor(GUESS, nodes.client_address, 1)) as pool:
        assert isinstance(report_of(pool, LAST).outcome, Score)
