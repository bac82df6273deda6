"""An outside search as a reference: CMA-ES on the numbers of the best baseline, by ask and tell.

    python -m tests.bench.foreign PROBLEM --seeds 10 --calls 150 --out FILE.jsonl
    python -m tests.bench.search_report FILE.jsonl docs/results/bench_search.jsonl

The package `cma` knows nothing of this product: it leases a ticket, answers it with the baseline
whose numbers it has moved, and reads off what that policy covers of the box alone, which is all
that it maximises. So many answers are taken, as many as other searches have calls; what counts is
the search front on the sealed split, as it does for them. Evaluations are kept in --memo.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from archive.entry import Entry
from archive.front import hypervolume
from evaluators.contract import Problem
from evaluators.errors import UsageError
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evolve.events import Committed, Event
from evolve.proposers.numerals import Slot, slots, with_values
from evolve.proposers.syntax import Program
from evolve.runs import Run, open_run
from evolve.search import run
from evolve.settings import Settings
from evolve.state import box
from evolve.versions import code_digest
from tests.bench.remembering import Memo, RememberingExecutor
from tests.bench.rows import Row, append_row, rows_of
from tests.bench.sealed import Sealed, played_by
from tests.bench.skill import LOOKAHEAD, counts_of, fronts_after

ARM = "cma"
INITIAL_STEP = 0.5  # on the scale of the numbers: a factor of about 1.6
NAME = "foreign"


class Outside(threading.Thread):
    """The foreign search, beside the engine that evaluates for it."""

    def __init__(self, archive: str, problem: Problem, seed: int) -> None:
        super().__init__()
        exact = [o for o in problem.objectives if o.kind == "exact"]
        self._boxed, self._limits = box(problem, exact, "search")
        self._archive = archive
        self._problem = problem
        self._seed = seed
        self._has_begun = threading.Event()

    def watch(self, event: Event) -> None:
        """An observer of the engine: there is something to ask once it has committed."""
        if isinstance(event, Committed):
            self._has_begun.set()

    def run(self) -> None:
        self._has_begun.wait()
        with closing(open_run(self._archive, NAME)) as found, suppress(UsageError):
            self._search(found)  # until the run asks for nothing more: its budget has ended

    def _search(self, found: Run) -> None:
        import cma

        ticket = found.ask().ticket.name  # the first comes when the baselines are known
        source, numbers = self._best_with_numbers(found)
        options = {"seed": self._seed + 1, "verbose": -9, "verb_log": 0}  # 0 would be the clock
        strategy = cma.CMAEvolutionStrategy([0.0] * max(2, len(numbers)), INITIAL_STEP, options)
        while True:
            points, losses = strategy.ask(), []
            for point in points:
                values = [s.at(float(x)) for s, x in zip(numbers, point, strict=False)]
                entry = _told(found, ticket, with_values(source, numbers, values))
                losses.append(1.0 - self._volume(entry))
                ticket = found.ask().ticket.name
            strategy.tell(points, losses)

    def _best_with_numbers(self, found: Run) -> tuple[str, Sequence[Slot]]:
        """The source of the best baseline that has any, and where they are."""
        ranked = sorted(found.baselines().values(), key=self._volume, reverse=True)
        sources = [entry.proposal.source for entry in ranked]
        lifted = ((s, slots(Program(s, self._problem.signature))) for s in sources)
        return next((source, numbers) for source, numbers in lifted if numbers)

    def _volume(self, entry: Entry) -> float:
        values = entry.values.get("search")
        return hypervolume([values], self._boxed, self._limits) if values else 0.0


def _told(found: Run, ticket: str, source: str) -> Entry:
    """What came of an answer; one that is sent back (a copy, say) is not mended, and fails."""
    told = found.tell(ticket, source)
    if told.sent_back:
        told = found.tell(told.sent_back.name, source)
    assert told.entry is not None, "nobody else answers"
    return told.entry


class Bench:
    """Plays seeds on one problem."""

    def __init__(self, spec: ProblemSpec, calls: int, executor: RememberingExecutor) -> None:
        self._spec = spec
        self._problem = spec.load()
        self._calls = calls
        self._executor = executor
        self._sealed = Sealed(self._problem, played_by(lambda: executor))

    def row(self, seed: int) -> Row:
        """One line of the result."""
        began_s = time.monotonic()
        with (
            tempfile.TemporaryDirectory() as archive,
            closing(self._searched(seed, archive)) as found,
        ):
            front = [e.proposal.source for e in found.front("search")]
            fronts = fronts_after(found)
            counts = counts_of(found, [])
        self._sealed.play([*front, *(s for sources in fronts.values() for s in sources)])
        return {
            "problem": Path(self._spec.name).stem, "arm": ARM, "seed": seed, "calls": self._calls,
            **counts, "front": len(front), "sealed_volume": self._sealed.volume(front),
            "curve": [[n, self._sealed.volume(sources)] for n, sources in fronts.items()],
            "wall_s": round(time.monotonic() - began_s, 1), "code": code_digest()[:12],
        }  # fmt: skip

    def _searched(self, seed: int, archive: str) -> Run:
        """The run that the outside search brought about."""
        settings = Settings(
            self._spec, evaluations=self._calls + len(self._problem.baselines()), seed=seed,
            lookahead=LOOKAHEAD, exact=True, ask_tell=1, name=NAME, archive=archive,
        )  # fmt: skip
        outside = Outside(archive, self._problem, seed)
        outside.start()
        found = run(settings, outside.watch, executor=self._executor)
        outside.join()
        return found


def main() -> None:
    options = _parser().parse_args()
    spec = ProblemSpec(options.problem)
    problem = Path(spec.name).stem
    there = {r["seed"] for r in rows_of(options.out) if r["problem"] == problem}
    with closing(Memo(options.memo)) as memo, closing(LocalExecutor(spec, options.workers)) as pool:
        bench = Bench(spec, options.calls, RememberingExecutor(pool, memo))
        for seed in range(1, options.seeds + 1):
            if seed not in there:
                append_row(options.out, bench.row(seed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--calls", type=int, default=150)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--memo", type=Path, default=Path("runs/memo.sqlite"))
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
