"""Plays an attack against the naive evaluator and looks at it as the battery does."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from evaluators.execution.message import decode_report
from evaluators.redteam.attack import Target
from evaluators.redteam.battery import honest_policy
from evaluators.redteam.effects import overran
from evaluators.redteam.planting import Planted
from evaluators.redteam.scene import Scene, marked

PATIENCE_S = 60.0
SHORT_S = 1.0  # for an attack that never ends
IN_PROCESS = ("patched numpy", "patched builtins", "patched generators", "answer that looks around")
PLAIN = (
    "patched clocks", "answer that runs when it is unpickled", "answer of a class of its own",
    "object that acts when it is dropped", "word in a file", "word in the kernel",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


class NaiveEvaluator:
    """The naive evaluator's process amid what the red team plants, started again when it dies."""

    def __init__(self, spec):
        self._spec = spec
        self._problem = spec.load()
        self._honest = honest_policy(self._problem)
        self._reports = {}
        self._process = None

    def __enter__(self):
        self._planted = Planted().__enter__()
        return self

    def __exit__(self, *_):
        self._stop()
        self._planted.__exit__()

    def aftermath(self, attack, runner):
        """What is seen of an attack that is played here."""
        honest = self._honest_report(attack.split, runner)
        pid = self._process.pid
        scene = Scene(self._planted, pid)
        target = Target(self._problem, self._honest, self._planted.outside(pid))
        limit_s = SHORT_S if attack.probe is overran else PATIENCE_S
        reports, wall_s = self._play_all(attack, attack.payload(target), runner, limit_s)
        seen = scene.aftermath(self._problem, reports, honest, wall_s, limit_s)
        for left in marked(self._planted.mark):
            os.kill(left, signal.SIGKILL)
        if seen.dead or len(reports) < len(attack.purposes) or runner == "in process":
            self._stop()
        return seen

    def _play_all(self, attack, source, runner, limit_s):
        reports, start_s = [], time.monotonic()
        for _ in attack.purposes:
            report = self._play(source, attack.split, runner, limit_s)
            if report is None:
                break
            reports.append(report)
        return tuple(reports), time.monotonic() - start_s

    def _honest_report(self, split, runner):
        if self._process is None or (split, runner) not in self._reports:
            report = self._play(self._honest.source, split, runner, PATIENCE_S)
            self._reports.setdefault((split, runner), report)
        return self._reports[split, runner]

    def _play(self, source, split, runner, limit_s):
        """The report, or None when there is none within the limit."""
        if self._process is None:
            self._start()
        job = {"spec": asdict(self._spec), "source": source, "split": split, "runner": runner}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        if not select.select([self._process.stdout], [], [], limit_s)[0]:
            return None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(PATIENCE_S)
        return decode_report(line) if line.startswith("{") else None

    def _start(self):
        port = self._planted.outside(0).port
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.attacks.naive", str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=ROOT, encoding="utf-8", start_new_session=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def _stop(self):
        """Kill the whole session: its policies are in it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # none of it is left
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                stream.close()
        self._process = None


def runner_for(attack):
    """Where the attack must succeed: whom its payload is aimed at."""
    if attack.name in PLAIN:
        return "subprocess"
    if attack.name in IN_PROCESS or attack.group == "interpreter":
        return "in process"
    return "credulous" if attack.group == "replies" else "subprocess"
