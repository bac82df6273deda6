"""An archive that grows: what a command takes, what one more candidate costs in time and on disk.

Run: python tests/bench/bench_archive.py [ENTRIES ...]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from archive.entry import Commit, Evaluation, EvaluationKey, Proposal, RunRecord
from archive.journal import Journal
from archive.store.folder import FolderStore
from evaluators.contract import Failure, Outcome, Policy, Score
from evaluators.scale import scale_data
from evolve.settings import Settings
from evolve.state import State
from tests.problems import GUESS, GuessProblem

SIZES = (1_000, 20_000, 100_000)
NAME = "large"
PROBLEM = GuessProblem()
FAILED, PARTLY = 0.15, 0.05  # shares of candidates that fail, wholly or on one workload
LINES = 25  # of a policy's source
WORKLOADS = {s: [w.id for w in PROBLEM.workloads(s)] for s in ("search", "selection")}
VERBS = (["status", NAME], ["front", NAME], ["show", f"{NAME}/7"])


class Filler:
    """Adds candidates with made-up scores, each proposed, played and decided on as by a search."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._state = State(PROBLEM, PROBLEM.objectives)
        self._rng = np.random.default_rng(1)
        self._baselines = list(PROBLEM.baselines().values())
        self.count = 0

    def add(self) -> None:
        """One more candidate: five transactions when it joins the front, else three."""
        self.count += 1
        n = self.count
        is_seed = n <= len(self._baselines)
        source = self._baselines[n - 1].source if is_seed else self._source()
        proposer = f"seed/{self._baselines[n - 1].name}" if is_seed else "syntax/swap_operator"
        digest = Policy("", source).digest
        parents = () if is_seed else (int(self._rng.integers(1, n)),)
        proposal = Proposal(n, source, digest, f"n{digest}", parents, proposer, f"{n}/*")
        self._journal.add_proposal(proposal)
        played = self._evaluation(digest, "search", self._outcome("search", is_seed))
        self._journal.add_evaluation(played)
        entry = self._state.judge(proposal, played)
        self._state.add(entry)
        self._journal.add_commit(Commit(n, n, entry.decision))
        if is_seed or entry.decision == "front":
            outcome = self._outcome("selection", True)
            self._journal.add_evaluation(self._evaluation(digest, "selection", outcome))

    def _source(self) -> str:
        numbers = self._rng.random(LINES)
        lines = "".join(f"    weight_{i} = {x!r} * last\n" for i, x in enumerate(numbers))
        return f"def guess(last, window):\n{lines}    return weight_0\n"

    def _outcome(self, split: str, is_clean: bool) -> Outcome:
        draw = 1.0 if is_clean else self._rng.random()
        if draw < FAILED:
            return Failure("crash", "line 3: ZeroDivisionError: float division by zero")
        workloads = WORKLOADS[split]
        level = self._rng.uniform(0.1, 0.9, len(PROBLEM.objectives))
        values = {
            o.name: {w: float(x + self._rng.normal(0, 0.01)) for w in workloads}
            for o, x in zip(PROBLEM.objectives, level, strict=True)
        }
        failures = {workloads[0]: Failure("time", "1 s")} if draw < FAILED + PARTLY else {}
        return Score(values, failures)

    def _evaluation(self, digest: str, split: str, outcome: Outcome) -> Evaluation:
        traces = {w: self._rng.bytes(32).hex() for w in WORKLOADS[split]}
        key = EvaluationKey(digest, split, "ab" * 32, split)
        return Evaluation(
            key, outcome, "local", "cpu", "L2", "ff" * 32, traces, 0.5, 0.6,
            "2026-01-01T00:00:00.000000+00:00",
        )  # fmt: skip


def record() -> RunRecord:
    settings = Settings(GUESS, evaluations=SIZES[-1], name=NAME)
    seeds = [[p.name, p.source] for p in PROBLEM.baselines().values()]
    problem = {"name": PROBLEM.name, "version": PROBLEM.version, "digest": "d"}
    problem |= {"scale": scale_data(PROBLEM)}
    configuration = {"settings": settings.to_json(), "seeds": seeds, "problem": problem}
    return RunRecord(NAME, configuration, {}, "2026-01-01T00:00:00+00:00")


def command(root: Path, words: list[str]) -> tuple[float, float, float]:
    """Seconds of wall clock, seconds of CPU and peak MB of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    verb = [sys.executable, "-m", "evolve.cli.main", *words, "--archive", str(root)]
    timed = [sys.executable, "-c", MEASURE, *verb]
    done = subprocess.run(timed, capture_output=True, text=True, check=True)
    wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall_s, cpu_s, float(done.stderr.splitlines()[-1])


MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, file=sys.stderr)
"""


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        store = FolderStore(Path(name))
        journal = store.create(record())
        connection = journal._database._connection
        connection.exec_driver_sql("PRAGMA synchronous = OFF")  # the disk is not what is measured
        connection.commit()
        filler = Filler(journal)
        print(f"{'entries':>8} {'add, ms CPU':>12} {'MB':>7} {'KB each':>8}   wall s/CPU s/MB of")
        for size in sizes:
            began, start = time.process_time(), filler.count
            while filler.count < size:
                filler.add()
            each_ms = 1e3 * (time.process_time() - began) / (size - start)
            total = store.size_bytes(NAME)
            took = "   ".join(
                f"{v[0]} {wall_s:.2f}/{cpu_s:.2f}/{mb:.0f}"
                for v in VERBS
                for wall_s, cpu_s, mb in [min(command(Path(name), v) for _ in range(3))]
            )
            print(f"{size:8} {each_ms:12.2f} {total / 1e6:7.1f} {total / 1e3 / size:8.2f}   {took}")
        journal.close()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(SIZES))
