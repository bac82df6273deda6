"""What a search gains on workloads that neither its loop nor its admission saw.

    python -m tests.bench.gains PROBLEM --seeds 10 --evaluations 400 --out FILE.jsonl
    python -m tests.bench.gains PROBLEM --arm copies ...        # the A/A control
    python -m tests.bench.gains PROBLEM --workload azure.csv ...

Each seed is one run. Its selection front and the baselines are then played on the sealed split;
the gain is the difference of their hypervolumes over the exact objectives, in shares of the box
(reference, limit), with a bootstrap interval by cluster. One JSON line per seed is appended to
the file; seeds that it already has are not run again.
"""

from __future__ import annotations

import argparse
import ast
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from archive.entry import Entry
from archive.front import hypervolume
from evaluators.contract import Policy, Problem, Score
from evaluators.execution.executor import Report
from evaluators.registry import ProblemSpec
from evaluators.stats import Interval, bootstrap
from evolve.proposers.proposer import Context, Draft, Proposer
from evolve.runs import Run
from evolve.search import evaluate, run
from evolve.settings import Settings
from evolve.state import box
from evolve.versions import code_digest


class Copies:
    """The A/A control: baselines under new names, with a constant that nobody reads.

    The constant gives each copy a normal form of its own, so that none is refused as a duplicate.
    """

    name = "copies"

    def __init__(self, problem: Problem) -> None:
        self._sources = [p.source for p in problem.baselines().values()]

    def ask(self, context: Context) -> Draft | None:
        source = self._sources[context.number % len(self._sources)]
        copied = f"{renamed(source, context.number)}\n\nCOPY = {context.number}\n"
        return Draft(copied, (context.parents[0].number,), "copies/rename")

    def tell(self, entry: Entry, gain: float) -> None:
        pass


def renamed(source: str, number: int) -> str:
    """The source with every assigned local name changed."""
    tree = ast.parse(source)
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        parameters = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
        stored = {
            n.id
            for n in ast.walk(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        } - parameters
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in stored:
                node.id = f"{node.id}_{number}"
    return ast.unparse(tree)


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


class Sealed:
    """Scores on the sealed split; every policy is played once, however many runs found it."""

    def __init__(self, spec: ProblemSpec) -> None:
        self._spec = spec
        self._problem = spec.load()
        self._workloads = self._problem.workloads("sealed")
        exact = [o for o in self._problem.objectives if o.kind == "exact"]
        self._exact, self._limits = box(self._problem, exact, "sealed")
        self._reports: dict[str, Report] = {}
        families = [w.family for w in self._workloads]
        self._in_family = np.array(
            [[f == name for f in families] for name in dict.fromkeys(families)], dtype=float
        )

    def play(self, sources: list[str]) -> None:
        """Evaluate what is not known yet."""
        new = [s for s in dict.fromkeys(sources) if s not in self._reports]
        reports = evaluate(self._spec, [Policy("", s) for s in new], "sealed")
        self._reports.update(zip(new, reports, strict=True))

    def volume(self, sources: list[str], weights: np.ndarray) -> float:
        """Hypervolume of the policies that were scored on every workload."""
        points = [p for s in sources if (p := self._point(s, weights)) is not None]
        return hypervolume(points, self._exact, self._limits)

    def gain(self, found: list[str], baselines: list[str]) -> Interval:
        """The difference of the volumes, with its interval."""

        def difference(weights: np.ndarray) -> float:
            return self.volume(found, weights) - self.volume(baselines, weights)

        clusters = [w.cluster for w in self._workloads]
        return bootstrap(difference, clusters, np.random.default_rng(0), resamples=1000)

    def _point(self, source: str, weights: np.ndarray) -> dict[str, float] | None:
        outcome = self._reports[source].outcome
        if not isinstance(outcome, Score) or outcome.failures:
            return None
        share = self._in_family * weights
        share = share[share.sum(axis=1) > 0]
        share /= share.sum(axis=1, keepdims=True)
        point = {}
        for o in self._exact:
            values = np.array([outcome.values[o.name][w.id] for w in self._workloads])
            point[o.name] = float((share @ values).mean())
        return point


def measure(run: Run, sealed: Sealed, wall_s: float) -> dict[str, Any]:
    """One line of the result."""
    found = [e.proposal.source for e in run.front("selection")]
    baselines = [p.source for p in run.problem.baselines().values()]
    sealed.play(found + baselines)
    ones = np.ones(len(run.problem.workloads("sealed")))
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
        "sealed_baselines": sealed.volume(baselines, ones),
        "sealed_front": sealed.volume(found, ones),
        "sealed_gain": gain.estimate,
        "low": gain.low,
        "high": gain.high,
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
    sealed = Sealed(spec)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    rows = [json.loads(line) for line in lines]
    for seed in range(1, options.seeds + 1):
        if seed in {row["seed"] for row in rows}:
            continue
        began = time.monotonic()
        run = search(spec, seed, options.arm, options)
        rows.append(measure(run, sealed, time.monotonic() - began))
        with options.out.open("a") as out:
            out.write(json.dumps(rows[-1]) + "\n")
        print(json.dumps(rows[-1]), flush=True)
    gains = [row["sealed_gain"] for row in rows]
    middle = sorted(rows, key=lambda row: row["sealed_gain"])[(len(rows) - 1) // 2]
    print(
        f"median gain {median(gains):.4f} of the box; above zero in "
        f"{sum(g > 0 for g in gains)} of {len(gains)}; "
        f"median seed {middle['seed']}: [{middle['low']}, {middle['high']}]"
    )


if __name__ == "__main__":
    main()
