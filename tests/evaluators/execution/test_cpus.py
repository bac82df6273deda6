from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest

from evaluators.execution.cpus import own_cpu
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec

HOLDER = """
import sys
from evaluators.execution.cpus import own_cpu
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
print(own_cpu(), flush=True)
sys.stdin.read()
"""


def test_slots_have_different_cpus_and_give_them_back_when_they_end(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    cpus = sorted(os.sched_getaffinity(0))
    holders = []
    for _ in [*cpus, *cpus]:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        holders.append((holder, holder.stdout.readline().strip()))
    had = [int(cpu) for _, cpu in holders]
    assert sorted(had[: len(cpus)]) == sorted(had[len(cpus) :]) == cpus
    freed, taken = holders[0], holders[1:]
    freed[0].kill()
    freed[0].communicate()
    again = subprocess.run(
        [sys.executable, "-c", HOLDER], env=environment, text=True, input="",
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert again.stdout.strip() == freed[1]
    for holder, _ in taken:
        holder.kill()
        holder.communicate()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / f"adrs-cpus-{os.getuid()}"
    folder.mkdir()
    mine = folder.lstat()
    others = os.stat_result((*mine[:4], mine.st_uid + 1, *mine[5:]))
    monkeypatch.setattr("pathlib.Path.lstat", lambda path: others)
    assert own_cpu() in os.sched_getaffinity(0)
    assert list(folder.iterdir()) == []


def test_where_no_lock_can_be_kept_a_slot_has_a_cpu_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert own_cpu() in os.sched_getaffinity(0)


def test_a_cpu_is_one_that_may_be_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert own_cpu() in os.sched_getaffinity(0)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU is nobody's own")
def test_two_runs_with_a_slot_each_do_not_share_a_cpu(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    spec = ProblemSpec("expert_placement")
    with closing(LocalExecutor(spec, 1)) as first, closing(LocalExecutor(spec, 1)) as second:
        (one,), (other,) = (
            os.sched_getaffinity(pool.evaluator_pids[0]) for pool in (first, second)
        )
        assert one != other
