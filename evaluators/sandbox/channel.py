"""The trusted end of a child: trips to it, its limits, and what it was that ended it.

Nothing that a child writes is believed: sequence numbers are compared with our own counter, lengths
are bounded, contents are copied before they are looked at, clocks are read from outside.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from evaluators.contract import Deadlines, Failure, FailureKind
from evaluators.sandbox.files import ChannelFiles
from evaluators.sandbox.frame import (
    ENTRY,
    HEAD,
    SOURCE,
    STATUS,
    Status,
    reply_bytes,
    reply_stride,
    request_bytes,
)
from evaluators.sandbox.launcher import Exit, SandboxError, Zygote
from evaluators.sandbox.limits import Allowance, Watch
from evaluators.sandbox.wire import SignatureLayout

TICK_MS = 20
EXIT_MS = 500  # between a child's pipes closing and its end

KINDS: dict[int, FailureKind] = {
    Status.INVALID_ACTION: "invalid action",
    Status.CRASH: "crash",
    Status.MEMORY: "memory",
    Status.FORBIDDEN_IMPORT: "forbidden import",
    Status.NO_ENTRY: "no entry",
    Status.SYNTAX: "syntax",
}
Reply = bytes | Failure  # the answer's message, or what went wrong in this call


_FORGED = Failure("policy violation", "the policy forged a reply")
_TOO_LONG = Failure("time", "all decisions together took longer than the episodes may")


class Call(NamedTuple):
    """One decision: `given` is the episode's first message, empty when it has begun."""

    episode: int
    given: bytes
    observation: bytes


@dataclass(frozen=True, slots=True)
class Death:
    """The child is gone. `served` is the call that it was at; None: all share the blame."""

    failure: Failure
    served: int | None


class Child:
    """One sealed process with one policy. Use as a context manager: it is dead afterwards."""

    def __init__(
        self, zygote: Zygote, layout: SignatureLayout, source: bytes, num_episodes: int,
        deadlines: Deadlines,
    ) -> None:  # fmt: skip
        self._zygote = zygote
        self._deadlines = deadlines
        self._stride = reply_stride(layout)
        self._allowance = Allowance(deadlines.episode_s * num_episodes)
        self._look_at_s = math.inf  # when to hold all trips so far against the allowance
        self._sequence = 0
        self._num_calls = 1
        self._exit: Exit | None = None
        self._files = ChannelFiles(
            request_bytes(layout, num_episodes, source), reply_bytes(layout, num_episodes)
        )
        self._files.request[: SOURCE.size + len(source)] = SOURCE.pack(len(source)) + source
        cpu_limit_s = math.ceil(deadlines.load_s + self._allowance.total_s + deadlines.call_s) + 1
        self._pid = self._files.hand_over(zygote, f"fork {cpu_limit_s}")
        self._pidfd = os.pidfd_open(self._pid)
        self._clock = (~self._pid << 3) | 2  # the kernel's number of that process's CPU clock
        if os.read(self._files.done_fd, 1) != b"S":
            self.__exit__()
            raise SandboxError(f"a child could not seal itself\n{zygote.said()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._exit is None:
            self._kill()
            self._reap()
        os.close(self._pidfd)
        self._files.close()

    def load(self) -> Failure | None:
        """The failure of a policy that does not load."""
        death = self._wait(self._watch_load)
        if death is not None:
            return death.failure
        self._allowance.start(self._read_clock())
        self._look_at_s = 0.0
        reply = self._reply(0)
        return reply if isinstance(reply, Failure) else None

    def trip(self, calls: Sequence[Call]) -> list[Reply] | Death:
        """Let the policy answer these calls, at most one per episode: a reply per call."""
        self._sequence += 1
        self._num_calls = len(calls)
        self._send(calls)
        death = self._wait(self._watch_trip)
        return death or [self._reply(i) for i in range(len(calls))]

    @property
    def is_dead(self) -> bool:
        return self._exit is not None

    def total_cpu_s(self) -> float:
        """CPU seconds of the child's life so far."""
        return self._read_clock() if self._exit is None else self._exit.cpu_s

    def _send(self, calls: Sequence[Call]) -> None:
        parts = [HEAD.pack(self._sequence, len(calls))]
        for call in calls:
            parts += (
                ENTRY.pack(call.episode, len(call.given), len(call.observation)),
                call.given,
                call.observation,
            )
        frame = b"".join(parts)
        self._files.request[: len(frame)] = frame
        try:
            os.write(self._files.wake_fd, b"!")
        except (BlockingIOError, BrokenPipeError):
            return  # full and not read, or gone: waiting for it will say why

    def _reply(self, index: int) -> Reply:
        place = HEAD.size + index * self._stride
        status, length = STATUS.unpack_from(self._files.reply, place)
        start = place + STATUS.size
        if length > self._stride - STATUS.size or (status and status not in KINDS):
            return _FORGED
        content = self._files.reply[start : start + length]
        return content if status == Status.OK else Failure(KINDS[status], readable(content))

    def _served(self) -> int:
        served: int = HEAD.unpack_from(self._files.reply)[1]
        return served if served < self._num_calls else 0

    def _wait(self, watch: Callable[[], tuple[Watch, str]]) -> Death | None:
        """Wait for the child's word; kill it when it takes too long or its word is forged.

        Clocks are left alone as long as the word comes within a tick: asking for the child's at
        every trip would cost a tenth of the trip.
        """
        start_s = time.monotonic()
        if not self._files.done.poll(TICK_MS):
            death = self._hold(*watch())
            if death is not None:
                return death
        word = os.read(self._files.done_fd, 1)
        if not word:
            return self._end(None, self._served())
        if word != b"!" or HEAD.unpack_from(self._files.reply)[0] != self._sequence:
            return self._end(_FORGED, self._served())
        now_s = time.monotonic()
        self._allowance.waited_s += now_s - start_s
        return self._look(now_s) if now_s >= self._look_at_s else None

    def _watch_load(self) -> tuple[Watch, str]:
        limit_s = self._deadlines.load_s
        watch = Watch(limit_s, limit_s, *self._now())
        return watch, f"loading the policy took longer than {limit_s:g} s"

    def _watch_trip(self) -> tuple[Watch, str]:
        call_s, now = self._deadlines.call_s, self._now()
        total_s = min(call_s * self._num_calls, self._allowance.left_s(now[0]))
        return Watch(call_s, total_s, *now), f"a decision took longer than {call_s:g} s"

    def _hold(self, watch: Watch, late: str) -> Death | None:
        """Look at the clocks every tick until the child's word comes."""
        while not self._files.done.poll(TICK_MS):
            served = self._served()
            match watch.overrun(served, *self._now()):
                case "call":
                    return self._end(Failure("time", late), served)
                case "total":
                    return self._end(_TOO_LONG, None)
        return None

    def _look(self, now_s: float) -> Death | None:
        """Hold all trips so far to their allowance; again after a tick."""
        self._look_at_s = now_s + TICK_MS / 1000
        if self._allowance.left_s(self._read_clock()) > 0:
            return None
        return self._end(_TOO_LONG, None)

    def _now(self) -> tuple[float, float]:
        return self._read_clock(), time.monotonic()

    def _end(self, failure: Failure | None, served: int | None) -> Death:
        """Make sure that the child is dead; without a failure, how it ended is the failure."""
        has_ended = select.poll()
        has_ended.register(self._pidfd, select.POLLIN)
        if failure is None and not has_ended.poll(EXIT_MS):
            failure = Failure("policy violation", "the policy closed its channel")
        self._kill()
        ended = self._reap()
        return Death(failure or cause_of(ended), served)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # reaped by another: its zygote is gone
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _reap(self) -> Exit:
        self._exit = self._zygote.reap(self._pid)
        return self._exit

    def _read_clock(self) -> float:
        try:
            return time.clock_gettime(self._clock)
        except OSError as error:
            raise SandboxError("a child ended without its zygote") from error


def cause_of(ended: Exit) -> Failure:
    """The failure that a child's own end amounts to."""
    if not os.WIFSIGNALED(ended.status):
        code = os.waitstatus_to_exitcode(ended.status)
        return Failure("crash", f"the policy ended its process with exit code {code}")
    match signal.Signals(os.WTERMSIG(ended.status)):
        case signal.SIGXCPU:
            return Failure("time", "the policy used more CPU time than all its decisions may")
        case signal.SIGSYS:
            return Failure("policy violation", "the policy made a system call that none may make")
        case signal.SIGKILL:
            return Failure(
                "memory", "the system killed the policy's process, most likely for memory"
            )
        case number:
            return Failure("crash", f"the policy's process died of {number.name}")


def readable(content: bytes) -> str:
    """A child's text without anything that a terminal would obey."""
    text = content.decode(errors="replace")
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
