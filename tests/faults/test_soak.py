"""Thousands of evaluations, hostile and honest in turns: nothing is left behind, nothing grows.

Afterwards there is no process, descriptor or file more than before, evaluator and zygote have kept
their size, and every honest policy has scored what it scores alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evaluators.contract import Failure
from evaluators.execution.executor import Report
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from tests.conftest import IS_SOAK
from tests.executors import report_of
from tests.faults.hurried_problem import HurriedProblem
from tests.processes import processes_below

EVALUATIONS = 10_000 if IS_SOAK else 1_000
WARM_UP = EVALUATIONS // 10
MOST_GROWTH = 0.05
FOLDERS = (Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"))
MARK = "adrs-soak-left-behind"

HURRIED = ProblemSpec(str(Path(__file__).with_name("hurried_problem.py")))
HONEST = {name: policy.source for name, policy in HurriedProblem().baselines().items()}

REACH = """
import random
os = random._os
sys = os.sys
gc, ctypes, struct = (sys.modules[name] for name in ("gc", "ctypes", "struct"))
"""
SERVER = 'server = next(o for o in gc.get_objects() if type(o).__name__ == "Server")\n'


def guessing(body: str, before: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{REACH}{before}\ndef guess(last):\n{lines}    return last\n"


HOSTILE: dict[str, tuple[str | None, str]] = {  # what becomes of it (None: a score), its source
    "crash": ("crash", guessing("raise ValueError('x' * 10_000)")),
    "exit": ("crash", guessing("os._exit(0)")),
    "loop": ("time", guessing("while True: pass")),
    "memory": ("memory", guessing("kept = []\nwhile True: kept.append(bytes(1 << 22))")),
    "invalid": ("invalid action", guessing("return float('nan')")),
    "forged reply": ("policy violation", guessing("server._sequence += 1", SERVER)),
    "forged word": ("policy violation", guessing("os.write(server._done_fd, b'xx')", SERVER)),
    "closed channel": ("crash", guessing("os.close(server._done_fd)", SERVER)),
    "recursion": ("crash", guessing("f = lambda: f()\nf()")),
    "segmentation fault": ("crash", guessing("ctypes.string_at(0)")),
    "system call": ("policy violation", guessing("ctypes.CDLL(None).ptrace(0, 0, 0, 0)")),
    "deep source": ("syntax", "x = " + "(" * 300),
    "state kept": (None, guessing("sys.modules.setdefault('kept', []).append(bytes(1 << 10))")),
    "flood": (None, guessing("print('x' * 10_000)")),
    "vandal": (None, guessing("random.random = os.urandom = gc.collect = lambda *a: 0")),
    "processes": (None, guessing("try: os.fork()\nexcept OSError: pass")),
    "files": (
        None,
        guessing(
            "for folder in ('/tmp', '/dev/shm', '/var/tmp', '.'):\n"
            f"    try: os.open(folder + '/{MARK}', os.O_CREAT | os.O_WRONLY)\n"
            "    except OSError: pass\n"
            "try: os.memfd_create('x')\nexcept OSError: pass"
        ),
    ),
}


def resident_kib(pid: int) -> int:
    return status_number(pid, "VmRSS")


def num_descriptors(pid: int) -> int:
    """How many are open; for who may not look, how many there is room for."""
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except PermissionError:
        return status_number(pid, "FDSize")


def status_number(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def exact(report: Report) -> tuple[object, ...]:
    """What of a report must never change."""
    assert not isinstance(report.outcome, Failure)
    values = report.outcome.values
    return dict(report.traces), values["error"], values["movement"], dict(report.outcome.failures)


def kinds_of(report: Report) -> set[str]:
    if isinstance(report.outcome, Failure):
        return {report.outcome.kind}
    return {f.kind for f in report.outcome.failures.values()}


def mixed(rng: np.random.Generator, count: int) -> Iterator[str]:
    """Names of honest and hostile policies, as many of the ones as of the others on average."""
    for _ in range(count):
        names = list(HONEST) if rng.random() < 0.5 else list(HOSTILE)
        yield names[rng.integers(len(names))]


@pytest.fixture
def others(alone) -> set[int]:
    """Processes of other tests, which may still be on their way out."""
    return processes_below(os.getpid(), with_dead=True)


@pytest.fixture
def executor(others):
    started = LocalExecutor(HURRIED, slots=1)
    yield started
    started.close()


@pytest.fixture(scope="module")
def alone() -> dict[str, tuple[object, ...]]:
    """What each honest policy scores in an evaluator that never played a hostile one."""
    executor = LocalExecutor(HURRIED, slots=1)
    try:
        return {name: exact(report_of(executor, source)) for name, source in HONEST.items()}
    finally:
        executor.close()


def play(executor: LocalExecutor, name: str, alone: dict[str, tuple[object, ...]]) -> None:
    if name in HONEST:
        assert exact(report_of(executor, HONEST[name])) == alone[name], name
        return
    expected, source = HOSTILE[name]
    kinds = kinds_of(report_of(executor, source))
    assert kinds == ({expected} if expected else set()), name


@pytest.mark.timeout(3600 if IS_SOAK else 300)
def test_nothing_grows_and_nothing_is_left(others, executor, alone):
    rng = np.random.default_rng(11)
    for name in [*HOSTILE, *HONEST, *mixed(rng, WARM_UP)]:
        play(executor, name, alone)
    warm = measured(others)
    for name in mixed(rng, EVALUATIONS - WARM_UP):
        play(executor, name, alone)
    now = measured(others)
    assert now.keys() == warm.keys(), "processes were replaced or left"
    for pid, (kib, descriptors) in now.items():
        assert kib <= warm[pid][0] * (1 + MOST_GROWTH)
        assert descriptors <= warm[pid][1]
    assert not [path for folder in FOLDERS for path in folder.glob(f"{MARK}*")]


def measured(others: set[int]) -> dict[int, tuple[int, int]]:
    """Resident KiB and descriptors of every process below this one: evaluator and zygote."""
    below = processes_below(os.getpid(), with_dead=True) - others
    return {pid: (resident_kib(pid), num_descriptors(pid)) for pid in below}


def test_afterwards_no_process_is_left(alone):
    before = processes_below(os.getpid(), with_dead=True)
    executor = LocalExecutor(HURRIED, slots=1)
    for name in HOSTILE:
        play(executor, name, alone)
    executor.close()
    for _ in range(100):
        if processes_below(os.getpid(), with_dead=True) <= before:
            return
        time.sleep(0.05)
    raise AssertionError(f"left: {processes_below(os.getpid(), with_dead=True) - before}")
