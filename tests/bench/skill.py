"""Searches against the skill stub, call for call, on workloads that none of them saw.

    python -m tests.bench.skill PROBLEM --q 0 0.05 0.2 --arms full independent greedy \
        --seeds 10 --calls 60 --out FILE.jsonl
    python -m tests.bench.skill_report FILE.jsonl

A cell is one run of an arm (`tests.bench.arms`) with one q and seed: so many calls to the stub, one
at a time, and at most as many evaluations (or --evaluations), measured objectives recorded but
without a say. The front that its loop was left with is then played on the sealed split; what counts
is the hypervolume over the exact objectives. One JSON line per cell is appended to the file; cells
that it already has are not run again. Evaluations are kept in --memo, so that no policy is played
twice, in whatever cell it turns up.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from archive.front import Front, active_objectives
from evaluators.contract import SPLITS
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evolve.prompting.situation import Task
from evolve.runs import Run
from evolve.search import run
from evolve.settings import ModelSettings, Settings
from evolve.versions import code_digest
from tests.bench.arms import ARMS
from tests.bench.remembering import Memo, RememberingExecutor
from tests.bench.rows import Row, append_row, rows_of
from tests.bench.sealed import Sealed, played_by
from tests.bench.skill_stub import SkillStub, ladder_of
from tests.bench.skilled_models import SkilledModels

MODELS = ModelSettings(names=("openai/skill-stub",))
CURVE_EVERY = 10  # evaluations
LOOKAHEAD = 1  # every proposal sees all before it: what a cell finds depends on nothing else


@dataclass(frozen=True, slots=True)
class Cell:
    """One search."""

    q: float
    arm: str
    seed: int


class Bench:
    """Plays cells on one problem."""

    def __init__(
        self, spec: ProblemSpec, calls: int, evaluations: int, executor: RememberingExecutor
    ) -> None:
        self._spec = spec
        self._problem = spec.load()
        self._task = Task(self._problem, tuple(active_objectives(self._problem, (), exact=True)))
        self._calls = calls
        self._evaluations = evaluations
        self._executor = executor
        self._sealed = Sealed(self._problem, played_by(lambda: executor))

    def row(self, cell: Cell) -> Row:
        """One line of the result."""
        began_s = time.monotonic()
        models = SkilledModels(SkillStub(self._problem, cell.q), self._calls)
        with tempfile.TemporaryDirectory() as archive:
            found = self._search(cell, models, archive)
            counts = counts_of(found, ladder_of(self._problem))
            front = [e.proposal.source for e in found.front("search")]
            search_volume = found.hypervolume("search")
            fronts = fronts_after(found)
        self._sealed.play([*front, *(s for sources in fronts.values() for s in sources)])
        return {
            **self._played(),
            "q": cell.q, "arm": cell.arm, "seed": cell.seed, "calls": self._calls,
            "most_evaluations": self._evaluations, **counts,
            "front": len(front), "search_volume": search_volume,
            "sealed_volume": self._sealed.volume(front),
            "curve": [[n, self._sealed.volume(sources)] for n, sources in fronts.items()],
            "wall_s": round(time.monotonic() - began_s, 1), "code": code_digest()[:12],
        }  # fmt: skip

    def _search(self, cell: Cell, models: SkilledModels, archive: str) -> Run:
        settings = Settings(
            self._spec,
            evaluations=self._evaluations + len(self._problem.baselines()),
            seed=cell.seed,
            lookahead=LOOKAHEAD,
            exact=True,
            name="cell",
            archive=archive,
        )
        proposer = ARMS[cell.arm](self._task, MODELS)
        return run(settings, proposer=proposer, models=models, executor=self._executor)

    def _played(self) -> Row:
        """What exactly was searched on."""
        problem, spec = self._problem, self._spec
        counts = {s: len(problem.workloads(s)) for s in SPLITS if s != "tiny"}
        digest = self._executor.problem_digest[:12]
        named = {"problem": Path(spec.name).stem, "parameters": dict(spec.parameters)}
        return {**named, "digest": digest, "workloads": counts}


def fronts_after(found: Run) -> dict[int, list[str]]:
    """The search front's sources after every so many evaluations, baselines included."""
    front = Front(found.objectives(), found.constraints())
    fronts: dict[int, list[str]] = {}
    evaluated = 0
    for entry in found.entries():
        if entry.decision == "front":
            front.add(entry)
        if entry.decision != "duplicate" and not entry.proposal.rejection:
            evaluated += 1
            if evaluated % CURVE_EVERY == 0:
                fronts[evaluated] = [e.proposal.source for e in front.entries]
    return fronts


def counts_of(found: Run, ladder: list[str]) -> Row:
    """What became of the proposals; `rungs`: how many of the hidden policies were found."""
    entries = [e for e in found.entries() if e.proposal.parents]
    rejected = sum(bool(e.proposal.rejection) for e in entries)
    duplicates = sum(e.decision == "duplicate" for e in entries)
    return {
        "evaluations": len(entries) - rejected - duplicates,
        "duplicates": duplicates,
        "rejected": rejected,
        "failed": sum(e.decision == "failed" for e in entries) - rejected,
        "rungs": len({e.proposal.source.strip() for e in entries} & {s.strip() for s in ladder}),
    }


def missing(rows: list[Row], options: argparse.Namespace) -> list[Cell]:
    """The cells that are asked for and not there yet, seed by seed."""
    problem = Path(options.problem).stem
    there = {(r["q"], r["arm"], r["seed"]) for r in rows if r["problem"] == problem}
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    wanted = product(seeds, options.q, options.arms)
    return [Cell(q, arm, seed) for seed, q, arm in wanted if (q, arm, seed) not in there]


def main() -> None:
    options = _parser().parse_args()
    spec = ProblemSpec(options.problem, dict(p.split("=", 1) for p in options.param))
    cells = missing(rows_of(options.out), options)
    with closing(Memo(options.memo)) as memo, closing(LocalExecutor(spec, options.workers)) as pool:
        most = options.evaluations or options.calls
        bench = Bench(spec, options.calls, most, RememberingExecutor(pool, memo))
        for cell in cells:
            append_row(options.out, bench.row(cell))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--q", type=float, nargs="+", default=[0.0, 0.05, 0.2])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--evaluations", type=int, help="at most so many (as many as calls)")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--memo", type=Path, default=Path("runs/memo.sqlite"))
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
