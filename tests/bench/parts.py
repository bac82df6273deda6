"""What the parts of the search without models are worth, each alone beside the shipped search.

    python -m tests.bench.parts PROBLEM --seeds 10 --evaluations 300 --out FILE.jsonl

A cell is one search of an arm with one seed, measured objectives recorded but without a say. The
front that its loop was left with is then played on the sealed split; what counts is the hypervolume
over the exact objectives. One JSON line per cell is appended to the file; cells that it already has
are not run again. Prints, for each arm, by how much more of the box it covers than the shipped
search: the mean over the seeds that both have, with a 95 % bootstrap interval over seeds (at least
eight).
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from evaluators.registry import ProblemSpec
from evaluators.stats import paired_difference
from evolve.runs import Run
from evolve.search import run
from evolve.settings import Settings
from evolve.versions import code_digest
from tests.bench.in_process import InProcessExecutor
from tests.bench.remembering import Memo, RememberingExecutor
from tests.bench.rows import Row, append_row, rows_of
from tests.bench.sealed import Sealed, played_by

SHIPPED = "shipped"
JUDGED = ("search", "sealed")
ARMS: Mapping[str, Mapping[str, Any]] = {  # what is set otherwise
    SHIPPED: {},
    "contribution": {"selection": "contribution"},
    "islands": {"selection": "islands"},
    "grid": {"selection": "grid"},
    "restarts": {"stagnation": 10},
}


class Bench:
    """Plays cells on one problem."""

    def __init__(self, spec: ProblemSpec, evaluations: int, executor: RememberingExecutor) -> None:
        self._spec = spec
        self._evaluations = evaluations
        self._executor = executor
        self._sealed = Sealed(spec.load(), played_by(lambda: executor))

    def row(self, arm: str, seed: int) -> Row:
        """One line of the result."""
        began_s = time.monotonic()
        with tempfile.TemporaryDirectory() as archive:
            found = self._search(arm, seed, archive)
            entries = found.entries()
            front = [e.proposal.source for e in found.front("search")]
            search_volume = found.hypervolume("search")
        self._sealed.play(front)
        return {
            "problem": Path(self._spec.name).stem, "parameters": dict(self._spec.parameters),
            "digest": self._executor.problem_digest[:12],
            "arm": arm, "seed": seed, "evaluations": self._evaluations,
            "failed": sum(e.decision == "failed" for e in entries),
            "front": len(front), "search_volume": search_volume,
            "sealed_volume": self._sealed.volume(front),
            "wall_s": round(time.monotonic() - began_s, 1), "code": code_digest()[:12],
        }  # fmt: skip

    def _search(self, arm: str, seed: int, archive: str) -> Run:
        settings = Settings(
            self._spec,
            evaluations=self._evaluations,
            seed=seed,
            exact=True,
            name="cell",
            archive=archive,
        )
        settings = dataclasses.replace(settings, **ARMS[arm])
        return run(settings, executor=self._executor)


def table(rows: Sequence[Row]) -> list[str]:
    """Markdown; of arms that are gone, too."""
    lines = ["| arm | seeds | volume, search | volume, sealed | arm - shipped, search | sealed |"]
    lines.append("|---|---|---|---|---|---|")
    for arm in dict.fromkeys(r["arm"] for r in rows):
        own = [r for r in rows if r["arm"] == arm]
        means = [f"{fmean(r[f'{split}_volume'] for r in own):.4f}" for split in JUDGED]
        more = ["" if arm == SHIPPED else _difference(rows, arm, split) for split in JUDGED]
        lines.append(f"| {' | '.join([arm, str(len(own)), *means, *more])} |")
    return lines


def _difference(rows: Sequence[Row], arm: str, split: str) -> str:
    ours, theirs = (
        {r["seed"]: r[f"{split}_volume"] for r in rows if r["arm"] == a} for a in (arm, SHIPPED)
    )
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return "nothing to compare"
    a, b = ([volumes[s] for s in seeds] for volumes in (ours, theirs))
    d = paired_difference(a, b, seeds, np.random.default_rng(0))
    if d.low is None or d.high is None:
        return f"{d.estimate:+.4f}"
    return f"{d.estimate:+.4f} [{d.low:+.4f}, {d.high:+.4f}]"


def main() -> None:
    options = _parser().parse_args()
    there = {(row["arm"], row["seed"]) for row in rows_of(options.out)}
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    spec = ProblemSpec(options.problem, dict(p.split("=", 1) for p in options.param))
    with closing(Memo(options.memo)) as memo:
        executor = RememberingExecutor(InProcessExecutor(spec.load()), memo)
        bench = Bench(spec, options.evaluations, executor)
        for seed, arm in product(seeds, options.arms):
            if (arm, seed) not in there:
                append_row(options.out, bench.row(arm, seed))
    print("\n".join(table(rows_of(options.out))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--memo", type=Path, default=Path("runs/memo.sqlite"))
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
