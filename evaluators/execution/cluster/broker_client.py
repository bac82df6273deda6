"""The engine's end of one broker process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from evaluators.execution.slot_client import evaluator_environment
from evaluators.sandbox.complaints import tail_of

BROKER = "evaluators.execution.cluster.broker"


class BrokerProcess:
    """Dies with the thread that started it."""

    def __init__(self, module: str) -> None:
        rays_own = {k: v for k, v in os.environ.items() if k.startswith("RAY_")}
        self._errors_fd = os.memfd_create("broker-errors")
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors_fd,
            env=rays_own | evaluator_environment(), encoding="utf-8",
            start_new_session=True,  # an interrupt is for the engine to deal with
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._popen.pid

    def tell(self, line: str) -> None:
        """Send a line; one that has ended hears nothing, and is found out by whoever reads."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(line + "\n")
            self._popen.stdin.flush()
        except (BrokenPipeError, ValueError):  # it has ended; it was closed
            return

    def words(self) -> Iterator[Mapping[str, Any]]:
        """What it says, until it ends."""
        assert self._popen.stdout is not None
        return (json.loads(line) for line in self._popen.stdout)

    def why(self) -> str:
        """The last line that it left behind."""
        status = self._popen.wait()
        lines = [line for line in tail_of(self._errors_fd).splitlines() if line.strip()]
        return lines[-1] if lines else f"its process ended with status {status}"

    def end(self) -> None:
        """Let it put Ray in order and end; from any thread."""
        assert self._popen.stdin is not None
        with suppress(BrokenPipeError):
            self._popen.stdin.close()

    def kill(self) -> None:
        self._popen.kill()

    def close(self) -> None:
        """Forget one that has ended."""
        self.end()
        assert self._popen.stdout is not None
        self._popen.stdout.close()
        os.close(self._errors_fd)
