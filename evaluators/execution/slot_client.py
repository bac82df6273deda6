"""The engine's end of one slot: start its process, hand it jobs, see it off."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import evaluators
from evaluators.errors import AdrsError, UsageError
from evaluators.execution.executor import Job, Report, Sandbox
from evaluators.execution.message import SANDBOX_LOST, Greeting, decode_report, encode_job
from evaluators.sandbox.complaints import tail_of

_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "ADRS_DATA_DIR")
_DEVICE_VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "LD_LIBRARY_PATH")
_FIXED_VARIABLES = {
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(Path(evaluators.__file__).resolve().parent.parent),
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def evaluator_environment(with_device: bool = False) -> dict[str, str]:
    """What a process that evaluates, or has others evaluate, finds in its environment: no key.

    With a device also which GPUs a user lets programs see, and where the driver's library lies:
    for the trusted process alone, the zygote's environment is made from nothing.
    """
    kept = (*_KEPT_VARIABLES, *_DEVICE_VARIABLES) if with_device else _KEPT_VARIABLES
    return {k: os.environ[k] for k in kept if k in os.environ} | _FIXED_VARIABLES


class SlotError(AdrsError):
    """An evaluator process failed: ours or the problem's fault; the message has its traceback."""


class SlotDiedError(SlotError):
    """An evaluator process or its zygote was killed from outside; its job may be tried again."""


class Slot:
    """One evaluator process, started again when it has died.

    The process dies with the thread that started it: call `start` and `play` from threads that
    live as long as the slot.
    """

    def __init__(self, greeting: Greeting) -> None:
        self._greeting = greeting
        self._lock = threading.Lock()  # between starting a process and stopping for good
        self._is_stopped = False
        self._process: _Process | None = None

    def start(self) -> Sandbox:
        """Start the process; the sandbox in force. Raises UsageError, or SlotError with why."""
        with self._lock:
            if self._is_stopped:
                raise CancelledError
            process = self._process = _Process(with_device=bool(self._greeting.spec.device))
        ready = json.loads(self._ask(process, self._greeting.encode()))
        if "message" in ready:
            self._discard()
            raise UsageError(ready["message"], ready["hint"])
        try:
            for pid in ready["zygote_pids"]:
                process.zygote_pidfds.append(os.pidfd_open(pid))
        except ProcessLookupError:  # it was killed since
            self._discard()
            raise SlotDiedError("an evaluator's sandbox was killed as it began") from None
        return Sandbox(**ready["sandbox"])

    def play(self, job: Job) -> Report:
        """The report. Raises SlotError when the slot fails, SlotDiedError when it is killed."""
        if self._process is None:
            self.start()
        assert self._process is not None
        return decode_report(self._ask(self._process, encode_job(job)))

    def _ask(self, process: _Process, line: str) -> str:
        answer = process.ask(line)
        if not answer:
            error = process.why()
            self._discard()
            raise error
        return answer

    @property
    def pid(self) -> int | None:
        """The running process."""
        process = self._process
        return None if process is None else process.pid

    def stop(self) -> None:
        """Kill the process and start none again; from any thread."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Stop, and wait until slot and zygote are gone."""
        self.stop()
        self._discard()

    def _discard(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()


class _Process:
    """The running process and its streams."""

    def __init__(self, with_device: bool) -> None:
        self._errors_fd = os.memfd_create("slot-errors")
        self.zygote_pidfds: list[int] = []  # and of what it was started through
        self._popen = subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", "-m", "evaluators.execution.slot"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors_fd,
            env=evaluator_environment(with_device), encoding="utf-8",
            start_new_session=True,  # an interrupt is for the engine to deal with
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ask(self, line: str) -> str:
        """The answer, or an empty text from a process that has ended."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        try:
            self._popen.stdin.write(line + "\n")
            self._popen.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._popen.stdout.readline()

    def why(self) -> SlotError:
        """What a process that has ended left behind."""
        status = self._popen.wait()
        said = tail_of(self._errors_fd)
        was_killed = status < 0 or status == SANDBOX_LOST
        error = SlotDiedError if was_killed else SlotError
        return error(f"an evaluator process ended with status {status}\n{said}")

    def kill(self) -> None:
        self._popen.kill()

    def close(self) -> None:
        """Kill, and wait until the zygote is gone too: the kernel kills it and its child."""
        self._popen.kill()
        self._popen.wait()
        for pidfd in self.zygote_pidfds:
            gone = select.poll()
            gone.register(pidfd, select.POLLIN)
            gone.poll()
            os.close(pidfd)
        for stream in (self._popen.stdin, self._popen.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:  # what was left to say to a dead process
                continue
        os.close(self._errors_fd)
