"""What a search gains on workloads that neither its loop nor its admission saw.

    python -m tests.bench.gains PROBLEM --seeds 10 --evaluations 400 --out FILE.jsonl
    python -m tests.bench.gains PROBLEM --arm copies ...        # bookkeeping: gains nothing
    python -m tests.bench.gains PROBLEM --workload azure.csv ...

Each seed is one run. Its selection front and the baselines are then played on the sealed split;
the gain is the difference of their hypervolumes over the exact objectives, in shares of the box
(reference, limit), with a bootstrap interval by cluster. One JSON line per seed is appended to
the file; seeds that it already has are not run again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any

from archive.entry import Entry
from evaluators.calibration import copy_of
from evaluators.contract import Problem
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evolve.proposers.proposer import Context, Draft, Proposer
from evolve.runs import Run
from evolve.search import run
from evolve.settings import Settings
from evolve.versions import code_digest
from tests.bench.rows import append_row, rows_of
from tests.bench.sealed import Sealed, played_by


class Copies:
    """Copies of baselines, none of which is refused as a duplicate: exactly as good, so no gain."""

    name = "copies"

    def __init__(self, problem: Problem) -> None:
        self._sources = [p.source for p in problem.baselines().values()]

    def ask(self, context: Context) -> Draft | None:
        source = self._sources[context.number % len(self._sources)]
        copied = copy_of(source, context.number)
        return Draft(copied, (context.parents[0].number,), "copies/copy")

    def tell(self, entry: Entry, gain: float) -> None:
        pass


def search(spec: ProblemSpec, seed: int, arm: str, options: argparse.Namespace) -> Run:
    """One run of an arm."""
    settings = Settings(
        spec,
        evaluations=options.evaluations,
        seed=seed,
        exact=options.exact,
        name=f"{options.name}-{arm}-{seed}",
        archive=options.archive,
    )
    proposer: Proposer | None = Copies(spec.load()) if arm == "copies" else None
    return run(settings, proposer=proposer)


def measure(run: Run, sealed: Sealed, wall_s: float) -> dict[str, Any]:
    """One line of the result."""
    found = [e.proposal.source for e in run.front("selection")]
    baselines = [p.source for p in run.problem.baselines().values()]
    sealed.play(found + baselines)
    gain = sealed.gain(found, baselines)
    entries = run.entries()
    return {
        "problem": run.problem.name,
        "version": run.problem.version,
        "run": run.name,
        "seed": run.settings.seed,
        "evaluations": sum(e.decision != "duplicate" for e in entries),
        "failed": sum(e.decision == "failed" for e in entries),
        "front": len(found),
        "search_gain": run.hypervolume("search") - run.baseline_hypervolume("search"),
        "selection_gain": run.hypervolume() - run.baseline_hypervolume(),
        "sealed_baselines": sealed.volume(baselines),
        "sealed_front": sealed.volume(found),
        "sealed_gain": gain.estimate,
        "low": gain.low,
        "high": gain.high,
        "interval": "reflected",
        "clusters": gain.clusters,
        "wall_s": round(wall_s, 1),
        "code": code_digest()[:12],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=400)
    parser.add_argument("--arm", choices=("embedded", "copies"), default="embedded")
    parser.add_argument("--workload")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--archive", default="runs")
    parser.add_argument("--name", default="gains")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    spec = ProblemSpec(options.problem, {}, options.workload)
    sealed = Sealed(spec.load(), played_by(lambda: LocalExecutor(spec)))
    rows = rows_of(options.out)
    for seed in range(1, options.seeds + 1):
        if seed in {row["seed"] for row in rows}:
            continue
        began = time.monotonic()
        run = search(spec, seed, options.arm, options)
        rows.append(measure(run, sealed, time.monotonic() - began))
        append_row(options.out, rows[-1])
    gains = [row["sealed_gain"] for row in rows]
    middle = sorted(rows, key=lambda row: row["sealed_gain"])[(len(rows) - 1) // 2]
    print(
        f"median gain {median(gains):.4f} of the box; above zero in "
        f"{sum(g > 0 for g in gains)} of {len(gains)}; "
        f"median seed {middle['seed']}: [{middle['low']}, {middle['high']}]"
    )


if __name__ == "__main__":
    main()
