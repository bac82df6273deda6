from __future__ import annotations

import os
import subprocess
import sys

from evaluators.execution.cluster.cpus import own_cpu

HOLDER = """
import sys
from evaluators.execution.cluster.cpus import own_cpu
print(own_cpu(), flush=True)
sys.stdin.read()
"""


def test_slots_have_different_cpus_and_give_them_back_when_they_end(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    cpus = sorted(os.sched_getaffinity(0))
    holders = []
    for _ in [*cpus, "one too many"]:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        holders.append((holder, holder.stdout.readline().strip()))
    assert [cpu for _, cpu in holders] == [*map(str, cpus), "None"]
    for holder, _ in holders:
        holder.kill()
        holder.communicate()
    again = subprocess.run(
        [sys.executable, "-c", HOLDER], env=environment, text=True, input="",
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert again.stdout.strip() == str(cpus[0])


def test_a_cpu_is_one_that_may_be_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert own_cpu() in os.sched_getaffinity(0)
