"""Evaluations that are made once in all, however many searches ask for them.

Of exact objectives an evaluation is a function of problem, policy, split and purpose, so what one
search has had played serves every other one. What was measured when it was played stands: only
searches in which measured objectives decide nothing may be compared this way.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path

from archive.store.codec import details_of, outcome_of, pack, unpack, values_of
from evaluators.contract import Policy
from evaluators.execution.executor import Executor, Job, Report, Sandbox
from evaluators.identity import sha256_json


class Memo:
    """Reports on disk; several processes may use one file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()  # reports arrive in the executor's threads
        self._database = sqlite3.connect(path, timeout=600, check_same_thread=False)
        with self._lock, self._database:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS report (key TEXT PRIMARY KEY, report BLOB NOT NULL)"
            )

    def get(self, key: str) -> Report | None:
        """The report of that key, None when it is not known."""
        with self._lock:
            row = self._database.execute(
                "SELECT report FROM report WHERE key = ?", (key,)
            ).fetchone()
        return None if row is None else _report_of(row[0])

    def put(self, key: str, report: Report) -> None:
        """Keep a report; the first one of a key stands."""
        with self._lock, self._database:
            self._database.execute(
                "INSERT OR IGNORE INTO report VALUES (?, ?)", (key, _packed(report))
            )

    def close(self) -> None:
        self._database.close()


class RememberingExecutor:
    """An `Executor` that asks another one for what the memo does not know.

    `close` leaves both open: they serve the next search too.
    """

    name = "remembering"

    def __init__(self, pool: Executor, memo: Memo) -> None:
        self.slots = pool.slots
        self.sandbox = pool.sandbox
        self.problem_digest = pool.problem_digest
        self._pool = pool
        self._memo = memo

    def submit(self, job: Job) -> Future[Report]:
        key = self._key_of(job)
        known = self._memo.get(key)
        if known is None:
            future = self._pool.submit(job)
            future.add_done_callback(lambda played: self._keep(key, played))
            return future
        remembered: Future[Report] = Future()
        remembered.set_result(known)
        return remembered

    def close(self) -> None:
        pass

    def _key_of(self, job: Job) -> str:
        digest = Policy("", job.source).digest
        wanted = [job.split, job.purpose, job.repeat, job.workload_ids, dict(job.expected_traces)]
        return sha256_json([self.problem_digest, digest, *wanted])

    def _keep(self, key: str, played: Future[Report]) -> None:
        if not played.cancelled() and played.exception() is None:
            self._memo.put(key, played.result())


def _packed(report: Report) -> bytes:
    rest = {f.name: getattr(report, f.name) for f in dataclasses.fields(report)}
    outcome, traces = rest.pop("outcome"), rest.pop("traces")
    rest["sandbox"] = dataclasses.asdict(report.sandbox)
    return pack({**rest, "values": values_of(outcome), "details": details_of(outcome, traces)})


def _report_of(packed: bytes) -> Report:
    rest = unpack(packed)
    details, values = rest.pop("details"), rest.pop("values")
    sandbox = Sandbox(**rest.pop("sandbox"))
    return Report(outcome_of(details, values), traces=details["traces"], sandbox=sandbox, **rest)
