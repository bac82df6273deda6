"""Archives to look through: made row by row, with values by formula, so that they are the same
everywhere and cost no search.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, insert

from archive.entry import (
    SEED,
    Amount,
    Call,
    CallEnd,
    Commit,
    Decision,
    Evaluation,
    EvaluationKey,
    Proposal,
    RunRecord,
)
from archive.journal import Journal
from archive.store.codec import values_of
from archive.store.folder import DATABASE, FolderStore
from archive.store.models import (
    AskRow,
    Base,
    CandidateRow,
    CommitRow,
    EvaluationRow,
    ProposalRow,
)
from archive.store.rows import ask_row, candidate_row, commit_row, evaluation_row, proposal_row
from archive.store.sqlite import begin, connect
from evaluators.contract import Failure, Outcome, Policy, Score, Split
from evaluators.execution.executor import Purpose
from evaluators.identity import problem_digest
from evaluators.registry import ProblemSpec

TWO_QUEUES = Path(__file__).parents[3] / "docs" / "examples" / "two_queues.py"
SPEC = ProblemSpec(str(TWO_QUEUES), {"jobs": "100"})
PROBLEM = SPEC.load()
BASELINES = PROBLEM.baselines()
WORKLOADS: dict[Split, list[str]] = {
    split: [w.id for w in PROBLEM.workloads(split)] for split in ("search", "selection")
}
STARTED = "2026-01-01T12:00:00+00:00"
CHUNK = 5000  # rows of one bulk insertion


def record(name: str, require: Sequence[str] = ()) -> RunRecord:
    """How a run on two queues was started."""
    problem = {"name": PROBLEM.name, "version": PROBLEM.version, "digest": problem_digest(PROBLEM)}
    spec = {"name": SPEC.name, "parameters": dict(SPEC.parameters), "workload_file": None}
    settings = {"problem": spec, "objectives": [], "require": list(require), "exact": False}
    settings |= {"evaluations": 40, "model": {"names": []}, "usd": None, "tokens": None}
    started_from = [[name, policy.source] for name, policy in BASELINES.items()]
    configuration = {"problem": problem, "settings": settings, "seeds": started_from}
    return RunRecord(name, configuration, {}, STARTED)


def proposal(
    number: int, proposer: str, parents: tuple[int, ...] = (), source: str | None = None
) -> Proposal:
    """A policy that waits for the longer queue, with a constant of its own."""
    if source is None:
        source = (
            "def choose(waiting, head_wait_s):\n"
            f'    """Serve queue 0 unless it is {number} jobs shorter."""\n'
            f"    return int(waiting[1] > waiting[0] + {number})\n"
        )
    digest = Policy("", source).digest
    return Proposal(number, source, digest, f"n{digest}", parents, proposer, f"p/{number}")


def score(split: Split, waits: tuple[float, float]) -> Score:
    """The same waits on every workload of a split, a little more on each."""
    return Score(
        {
            o.name: {w: wait + i / 8 for i, w in enumerate(WORKLOADS[split])}
            for o, wait in zip(PROBLEM.objectives, waits, strict=True)
        }
    )


def evaluation(of: Proposal, outcome: Outcome, purpose: Purpose = "search") -> Evaluation:
    """A finished evaluation."""
    split = "selection" if purpose == "selection" else "search"
    key = EvaluationKey(of.digest, split, "set", purpose)
    return Evaluation(key, outcome, "local", "cpu", "L2", "ff", finished_at=STARTED)


def seeds() -> list[Proposal]:
    """The baselines as a run starts from them."""
    return [
        proposal(i, f"{SEED}{name}", source=policy.source)
        for i, (name, policy) in enumerate(BASELINES.items(), 1)
    ]


def fill_small(root: Path, name: str = "queues") -> None:
    """Two baselines and their offspring: a front of three, one dominated, one failed, a duplicate,
    one that a model made; marks on one of them.
    """
    longest, oldest = seeds()
    child = proposal(3, "syntax/swap_operator", (1,))
    grandchild = proposal(4, "constants", (3, 2))
    modelled = replace(proposal(5, "model/openai/gpt-5", (4,)), idea="serve the shorter queue last")
    crashing = proposal(
        6, "syntax/delete_statement", (4,), "def choose(waiting):\n    return 1 / 0\n"
    )
    twin = replace(child, number=7, parents=(2,), duplicate_of=3)
    waits = {1: (9.0, 6.0), 2: (7.0, 7.0), 3: (8.0, 5.0), 4: (6.0, 5.5), 5: (7.5, 6.5)}
    crash = Failure("crash", "ZeroDivisionError: division by zero\n  line 2, in choose")
    with FolderStore(root).create(record(name)) as journal:
        for p in (longest, oldest, child, grandchild, modelled, crashing, twin):
            journal.add_proposal(p)
            if p.number in waits:
                journal.add_evaluation(evaluation(p, score("search", waits[p.number])))
        for p in (longest, oldest, child, grandchild):
            outcome = score("selection", waits[p.number])
            journal.add_evaluation(evaluation(p, outcome, "selection"))
        journal.add_evaluation(evaluation(crashing, crash))
        decisions: Sequence[Decision] = ("front", "front", "front", "front", "dominated", "failed")
        for number, decision in enumerate(decisions, 1):
            journal.add_commit(Commit(number, number, decision))
        journal.add_commit(Commit(7, 7, "duplicate", duplicate_of=3))
        _talk(journal, 5)
        journal.add_message("favourite", {"entry": 4, "is_one": True}, STARTED)
        journal.add_message("note", {"entry": 4, "text": "try it on the test bed"}, STARTED)
        journal.add_note("stop", {"reason": "evaluations", "elapsed_s": 9.0}, STARTED)


def fill_started(
    root: Path,
    name: str,
    started: Sequence[tuple[Proposal, tuple[float, float] | Failure]],
    require: Sequence[str] = (),
    decisions: Sequence[Decision] = (),
) -> None:
    """What a run starts from, with its waits on either split or why it failed, and no more: all of
    it on the front unless it is decided otherwise.
    """
    with FolderStore(root).create(record(name, require)) as journal:
        for p, came_to in started:
            journal.add_proposal(p)
            if isinstance(came_to, Failure):
                journal.add_evaluation(evaluation(p, came_to))
            else:
                journal.add_evaluation(evaluation(p, score("search", came_to)))
                journal.add_evaluation(evaluation(p, score("selection", came_to), "selection"))
            decision = decisions[p.number - 1] if decisions else "front"
            journal.add_commit(Commit(p.number, p.number, decision))
        journal.add_note("stop", {"reason": "evaluations", "elapsed_s": 9.0}, STARTED)


def _talk(journal: Journal, number: int, answered: str = "Serve the shorter queue last.") -> None:
    """A conversation of one turn, answered at the second try."""
    messages = [
        {"role": "system", "content": "You improve policies."},
        {"role": "user", "content": "Here is a policy with a mean wait of 6 s."},
    ]
    request = {"model": "openai/gpt-5", "messages": messages, "max_output_tokens": 100}
    amount = Amount(100, Decimal("0.01"))
    for call_id in (1, 2):
        journal.add_call(Call(call_id, number, 0, 4, request, amount, STARTED))
    failed = {"kind": "overloaded", "reason": "503 overloaded"}
    answer = {"text": answered}
    journal.add_call_end(CallEnd(1, "failed", failed, b"", Amount(), True, STARTED))
    journal.add_call_end(CallEnd(2, "answered", answer, b"", amount, True, STARTED))


COMMANDS = "\x1b]0;owned\x07\x1b[2J\x9b2J\x08\x7f\u202e"  # what a terminal obeys


def fill_hostile(root: Path) -> None:
    """A baseline and its offspring that failed: every text of theirs has commands to a terminal."""
    only = seeds()[0]
    source = f"def choose(waiting):\n    return 1 / 0  # {COMMANDS} here\n"
    child = replace(
        proposal(2, f"model/{COMMANDS}", (1,), source), idea=f"an idea {COMMANDS} of its own"
    )
    crash = Failure("crash", f"ZeroDivisionError: {COMMANDS} by zero")
    with FolderStore(root).create(record("hostile")) as journal:
        journal.add_proposal(only)
        journal.add_evaluation(evaluation(only, score("search", (9.0, 6.0))))
        journal.add_proposal(child)
        journal.add_evaluation(evaluation(child, crash))
        journal.add_commit(Commit(1, 1, "front"))
        journal.add_commit(Commit(2, 2, "failed"))
        _talk(journal, 2, f"An answer {COMMANDS} of a model.")
        journal.add_message("note", {"entry": 2, "text": f"a note {COMMANDS} on it"}, STARTED)
        journal.add_note("stop", {"reason": f"no {COMMANDS} more", "elapsed_s": 9.0}, STARTED)


def fill_descent(root: Path) -> None:
    """A baseline, a dominated child of it, and that one's child on the front: one docstring."""
    source = f'"""Words of the first."""\n{seeds()[0].source}'
    baseline = proposal(1, f"{SEED}longest", source=source)
    middle, last = (
        proposal(n, "constants", (n - 1,), f"{source.rstrip()}  # changed {n} times\n")
        for n in (2, 3)
    )
    waits = {1: (9.0, 6.0), 2: (9.5, 6.5), 3: (6.0, 5.5)}
    decisions: Sequence[Decision] = ("front", "dominated", "front")
    with FolderStore(root).create(record("queues")) as journal:
        for p in (baseline, middle, last):
            journal.add_proposal(p)
            journal.add_evaluation(evaluation(p, score("search", waits[p.number])))
        for p in (baseline, last):
            outcome = score("selection", waits[p.number])
            journal.add_evaluation(evaluation(p, outcome, "selection"))
        for number, decision in enumerate(decisions, 1):
            journal.add_commit(Commit(number, number, decision))
        journal.add_note("stop", {"reason": "evaluations", "elapsed_s": 9.0}, STARTED)


def fill_single(root: Path) -> None:
    """One candidate, and nobody said why the run stopped."""
    only = seeds()[0]
    with FolderStore(root).create(record("single")) as journal:
        journal.add_proposal(only)
        journal.add_evaluation(evaluation(only, score("search", (9.0, 6.0))))
        journal.add_commit(Commit(1, 1, "front"))


def fill_corrupt(root: Path) -> None:
    """The small run with a damaged candidate, beside a journal that is none."""
    fill_small(root)
    with sqlite3.connect(root / "queues" / DATABASE) as connection:
        connection.execute("UPDATE candidate SET files = x'00' WHERE digest IN "
                           "(SELECT digest FROM proposal WHERE number = 4)")  # fmt: skip
    connection.close()
    (root / "broken").mkdir()
    (root / "broken" / DATABASE).write_bytes(b"this is no database" * 100)


# -- many ----------------------------------------------------------------------------------------


def fill_crowd(root: Path, count: int) -> None:
    """A run of many entries: every 200th joined the front, every tenth failed."""
    FolderStore(root).create(record("crowd")).close()
    connection = connect(root / "crowd" / DATABASE, "rw")
    with connection.begin():
        begin(connection, write=True)
        for start in range(1, count + 1, CHUNK):
            _insert(connection, range(start, min(start + CHUNK, count + 1)))
    connection.close()
    connection.engine.dispose()
    with FolderStore(root).open("crowd", write=True) as journal:
        journal.add_note("stop", {"reason": "evaluations", "elapsed_s": 9.0}, STARTED)


def _insert(connection: Connection, numbers: Iterable[int]) -> None:
    proposals = [_in_crowd(n) for n in numbers]
    evaluations = [e for p in proposals for e in _played(p)]
    ids = [1 + e_id for e_id in range(2 * min(numbers), 2 * min(numbers) + len(evaluations))]
    values = [(i, *v) for i, e in zip(ids, evaluations, strict=True) for v in values_of(e.outcome)]
    rows = [{**evaluation_row(e), "id": i} for i, e in zip(ids, evaluations, strict=True)]
    _add(connection, CandidateRow, map(candidate_row, proposals))
    _add(connection, ProposalRow, map(proposal_row, proposals))
    _add(connection, AskRow, map(ask_row, proposals))
    _add(connection, EvaluationRow, rows)
    connection.exec_driver_sql("INSERT INTO value VALUES (?, ?, ?, ?)", values)
    _add(connection, CommitRow, (commit_row(_decided(p)) for p in proposals))


def _add(connection: Connection, model: type[Base], rows: Iterable[dict[str, object]]) -> None:
    connection.execute(insert(model), [{"run_id": 1, **row} for row in rows])


def _in_crowd(number: int) -> Proposal:
    if number <= len(BASELINES):
        return seeds()[number - 1]
    proposer = ("syntax/swap_operator", "constants", "syntax/smooth")[number % 3]
    return proposal(number, proposer, (max(1, number // 2),))


def _decided(p: Proposal) -> Commit:
    if p.number <= len(BASELINES) or p.number % 200 == 0:
        return Commit(p.number, p.number, "front")
    return Commit(p.number, p.number, "failed" if p.number % 10 == 3 else "dominated")


def _played(p: Proposal) -> list[Evaluation]:
    """Search, and selection for what joined; waits that trade one queue for the other."""
    decision = _decided(p).decision
    if decision == "failed":
        return [evaluation(p, Failure("time", "2 s were not enough"))]
    share = p.number % 1000 / 1000
    waits = (3.0 + 6 * share, 9.0 - 6 * share + (0 if decision == "front" else 1))
    played = [evaluation(p, score("search", waits))]
    if decision == "front":
        played.append(evaluation(p, score("selection", waits), "selection"))
    return played
