"""Rows and entries for tests, made of as little as their test is about."""

from archive.entry import Commit, Entry, Evaluation, EvaluationKey, Proposal, RunRecord
from evaluators.contract import Failure, Outcome, Policy, Score

RECORD = RunRecord(
    "r1",
    {"problem": {"name": "sum", "parameters": {}, "workload_file": None}, "seed": 7},
    {"adrs": "0.1.0", "python": "3.11"},
    "2026-01-01T00:00:00+00:00",
)
SCORE = Score(
    values={"evenness": {"search-0": 0.1 + 0.2, "search-1": 1.0}, "moved": {"search-0": 5e-324}},
    failures={"search-1": Failure("time", "slow: 2 s\n“…”")},
    breakdown={"search-0": {"sums": -0.0}},
)


def proposal(number: int, source: str | None = None, parents: tuple[int, ...] = ()) -> Proposal:
    source = f"def assign(): return {number}\n" if source is None else source
    digest = Policy("", source).digest
    stream = f"proposal/{number}"
    return Proposal(number, source, digest, f"n{digest}", parents, "syntax/swap", stream)


def evaluation(of: Proposal, outcome: Outcome = SCORE, split: str = "search") -> Evaluation:
    key = EvaluationKey(of.digest, split, "set", "search" if split == "search" else "selection")
    return Evaluation(
        key, outcome, "local", "cpu", "L3", "ff", {"search-0": "aa"}, 0.25, 0.5, "2026-01-01"
    )


def entry(number: int, point: dict[str, float], split: str = "search") -> Entry:
    return Entry(number, proposal(number), Score(values={}), "front", {split: point})


def commit(number: int) -> Commit:
    return Commit(number, number, "dominated")
