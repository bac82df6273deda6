"""Does a race pay? Full exact runs with and without one, side by side, seed by seed.

    python -m tests.bench.racing tests/bench/light/light_placement.py --seeds 1 2 --evaluations 300

Prints a line per run: search workloads played of those asked for, seconds that evaluators worked,
the volume of the search front on its own split and on the sealed one, and what the race came to.
"""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser, Namespace
from contextlib import closing

import evolve
from archive.store.places import store_at
from evaluators.contract import Score
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evolve.runs import Run
from evolve.settings import Settings
from tests.bench.sealed import Sealed, played_by


def main() -> None:
    args = arguments()
    spec = ProblemSpec(args.problem)
    sealed = Sealed(spec.load(), played_by(lambda: LocalExecutor(spec, args.workers)))
    for seed in args.seeds:
        for racing in (False, True):
            with tempfile.TemporaryDirectory() as archive:
                settings = Settings(
                    spec, args.evaluations, seed=seed, exact=True, racing=racing,
                    workers=args.workers, archive=archive, name="r",
                )  # fmt: skip
                print(json.dumps(line_of(evolve.run(settings), archive, sealed)), flush=True)


def arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("problem")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--workers", type=int)
    return parser.parse_args()


def line_of(run: Run, archive: str, sealed: Sealed) -> dict[str, object]:
    """What a run cost, and what it found."""
    with closing(store_at(archive).open(run.name)) as journal:
        evaluations = journal.evaluations()
    search = [e for e in evaluations if e.key.purpose == "search"]
    scores = [e.outcome for e in search if isinstance(e.outcome, Score)]
    sources = [e.proposal.source for e in run.front("search")]
    sealed.play(sources)
    return {
        "seed": run.settings.seed,
        "racing": run.settings.racing,
        "workloads": sum(len(next(iter(s.values.values()))) for s in scores),
        "asked": len({e.key.digest for e in search}) * len(run.scale.workloads("search")),
        "search_s": round(sum(e.wall_s for e in search), 1),
        "worked_s": round(sum(e.wall_s for e in evaluations), 1),
        "decisions": dict(run.decisions()),
        "search_volume": round(run.hypervolume("search"), 4),
        "sealed_volume": round(sealed.volume(sources), 4),
        "race": dict(run.raced()),
    }


if __name__ == "__main__":
    main()
