"""Attacks from inside a policy on what is around it.

Contained: the effect is absent, the evaluator lives on, and the next honest policy scores what it
always did.

A payload answers 1.0 whenever it got what it was after, and what an honest policy answers when it
was refused; so the effect shows in the score. Where no sandbox would refuse it, the same payload is
played without one and must succeed there: else it proves nothing.
"""

from __future__ import annotations

import pytest

from evaluators.contract import Failure
from evaluators.execution.local import LocalExecutor
from tests.executors import report_of
from tests.problems import GUESS, GuessProblem

HONEST = GuessProblem().baselines()["last"].source

REACH = """
import random
import numpy as np
os = random._os
sys = os.sys
ctypes = sys.modules["ctypes"]
libc = ctypes.CDLL(None, use_errno=True)
mmap = sys.modules["mmap"]
socket = sys.modules["socket"]

def server():
    objects = sys.modules["gc"].get_objects()
    return next(o for o in objects if type(o).__name__ == "Server")

def succeeds():
{body}

class Policy:
    def __init__(self):
        try:
            self.is_through = bool(succeeds())
        except Exception:
            self.is_through = False

    def guess(self, last):
        return 1.0 if self.is_through else last
"""


def payload(body):
    lines = body.strip("\n").splitlines()
    return REACH.format(body="\n".join("    " + line for line in lines))


@pytest.fixture(scope="module")
def naked():
    executor = LocalExecutor(GUESS, slots=1, unsafe_no_sandbox=True)
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def honest(guess):
    return report_of(guess, HONEST, "search")


@pytest.fixture(autouse=True)
def _next_honest_policy_is_unchanged(guess, honest):
    yield
    report = report_of(guess, HONEST, "search")
    assert report.traces == honest.traces
    for name in ("error", "movement"):
        assert report.outcome.values[name] == honest.outcome.values[name]


def is_through(report, honest):
    """Whether a payload got what it was after on any workload that it did not fail."""
    if isinstance(report.outcome, Failure):
        return False
    return any(report.traces[w] != honest.traces[w] for w in report.traces)


REFUSED = {
    "read a file": 'return os.open("/etc/passwd", 0) >= 0',
    "read its own memory map": 'return os.open("/proc/self/maps", 0) >= 0',
    "list a folder": 'return os.listdir("/")',
    "look at a path": 'return os.stat("/etc/passwd")',
    "write a file": (
        "path = '/dev/shm/adrs-attack'\n"
        "os.close(os.open(path, os.O_CREAT | os.O_WRONLY))\n"
        "return os.unlink(path) is None"
    ),
    "open a TCP socket": "return socket.socket()",
    "open a local socket": "return socket.socket(socket.AF_UNIX)",
    "pair sockets": "return socket.socketpair()",
    "make memory executable": "return mmap.mmap(-1, 4096, prot=5)",
    "make memory executable later": (
        "m = mmap.mmap(-1, 4096)\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
        "return libc.mprotect(ctypes.c_void_p(at), 4096, 5) == 0"
    ),
    "raise its limits": (
        "resource = sys.modules['resource']\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1, 1))\n"
        "return True"
    ),
    "make a memory file": "return os.memfd_create('x') >= 0",
    "change its CPU": "return os.sched_setaffinity(0, {0}) is None",
    "signal itself": "return os.kill(os.getpid(), 0) is None",
    "use prctl": "return libc.prctl(4, 1, 0, 0, 0) == 0",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_the_kernel(guess, naked, honest, name):
    source = payload(REFUSED[name])
    assert is_through(report_of(naked, source, "search"), honest), "no positive control"
    report = report_of(guess, source, "search")
    assert not report.outcome.failures
    assert not is_through(report, honest)


HOPELESS = {  # refused with and without a filter: the other layers hold
    "fork": "return os.fork() >= 0",
    "start a thread": "sys.modules['_thread'].start_new_thread(print, ())\nreturn True",
    "signal its parent": "return os.kill(os.getppid(), 0) is None",
    "signal everyone": "return os.kill(-1, 9) is None",
    "read the evaluator's environment": ("return os.open(f'/proc/{os.getppid()}/environ', 0) >= 0"),
    "find a key in its environment": "return any('CANARY' in k for k in os.environ)",
    "become root": "return os.setuid(0) is None",
    "make the request writable": (
        "at = np.frombuffer(server()._request, np.uint8).ctypes.data\n"
        "return libc.mprotect(ctypes.c_void_p(at), 4096, 3) == 0"
    ),
    "shrink the shared memory": "return server()._reply.resize(4096) is None",
    "grow the shared memory": "return server()._reply.resize(1 << 20) is None",
    "find the evaluator's code": "return 'evaluators.checking' in sys.modules",
    "import the evaluator": "import evaluators.scoring\nreturn True",
    "find other descriptors": (
        "open_fds = []\n"
        "for fd in range(64):\n"
        "    try:\n"
        "        os.fstat(fd)\n"
        "        open_fds.append(fd)\n"
        "    except OSError:\n"
        "        pass\n"
        "return len(open_fds) > 5"
    ),
    "draw real entropy": "return libc.getrandom(ctypes.create_string_buffer(8), 8, 0) == 8",
}


@pytest.mark.parametrize("name", HOPELESS)
def test_refused_by_construction(guess, honest, name):
    report = report_of(guess, payload(HOPELESS[name]), "search")
    assert not is_through(report, honest)


DEADLY = {
    "execute a shell": "libc.execve(b'/bin/sh', None, None)",
    "trace its parent": "libc.ptrace(16, os.getppid(), 0, 0)",
    "read its parent's memory": "libc.process_vm_readv(os.getppid(), 0, 0, 0, 0, 0)",
    "leave its namespaces": "libc.unshare(0x10000000)",
    "mount a file system": "libc.mount(None, b'/tmp', b'tmpfs', 0, None)",
}


@pytest.mark.parametrize("name", DEADLY)
def test_what_no_policy_does_by_mistake_is_deadly(guess, name):
    outcome = report_of(guess, payload(DEADLY[name] + "\nreturn True")).outcome
    assert {f.kind for f in outcome.failures.values()} == {"policy violation"}
