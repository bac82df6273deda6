"""kill -9 at random moments: what had returned is there, and nothing is half there."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.entry import Commit
from archive.store.places import store_at
from archive.testing import RECORD, bits, evaluation, proposal

WRITER = """
import sys
from pathlib import Path
from archive.entry import Commit
from archive.store.places import store_at
from archive.testing import RECORD, evaluation, proposal

root = Path(sys.argv[1])
journal = (store_at(root).open(RECORD.name, write=True) if store_at(root).names()
           else store_at(root).create(RECORD))
print("open", flush=True)
for number in range(len(journal.commits()) + 1, 100_000):
    p = proposal(number)
    journal.add_proposal(p)
    print("p", flush=True)
    journal.add_evaluation(evaluation(p.digest))
    print("e", flush=True)
    journal.add_commit(Commit(number, number, "front"))
    print("c", flush=True)
"""


def write_until_killed(root: Path, delay_s: float) -> list[str]:
    """What the writer said had returned before it was killed, `delay_s` after its start."""
    command = [sys.executable, "-c", WRITER, str(root)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"open\n"
    time.sleep(delay_s)
    os.kill(writer.pid, signal.SIGKILL)
    said = writer.stdout.read().decode().split()
    writer.wait()
    writer.stdout.close()
    return said


@pytest.mark.parametrize("seed", range(4))
def test_what_had_returned_is_there_after_each_of_five_kills(tmp_path, seed):
    rng = random.Random(seed)
    committed = 0
    for _ in range(5):
        said = write_until_killed(tmp_path, rng.uniform(0.0, 0.05))
        with store_at(tmp_path).open(RECORD.name) as journal:
            commits = list(journal.commits())
            evaluations = list(journal.evaluations())
            proposals = list(journal.proposals())
        assert len(commits) - committed in (said.count("c"), said.count("c") + 1)
        committed = len(commits)
        assert commits == [Commit(n, n, "front") for n in range(1, committed + 1)]
        assert committed <= len(evaluations) <= len(proposals) <= committed + 1
        assert proposals == [proposal(p.number) for p in proposals]
        expected = [evaluation(proposal(n + 1).digest) for n in range(len(evaluations))]
        assert bits(evaluations) == bits(expected)


def test_a_kill_while_a_run_is_made_leaves_none_or_a_whole_one(tmp_path):
    rng = random.Random(0)
    for i in range(6):
        root = tmp_path / str(i)
        command = [sys.executable, "-c", WRITER, str(root)]
        writer = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[3])
        while not root.exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.02))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        for name in store_at(root).names():
            store_at(root).open(name).close()
