"""What a real model's proposals come to: python -m tests.bench.local_model PROBLEM --url URL ...

    python -m tests.bench.local_model expert_placement --url http://127.0.0.1:8102/v1 \
        --model openai/qwen2.5-coder-1.5b --seeds 3 --proposals 100 --out FILE.jsonl

Any OpenAI-compatible server will do. Per seed and arm (`tests.bench.arms`) one run with so many
proposals, by the real prompts; beside the shipped search the one without a model, with as many
evaluations and with as many seconds as the shipped search's row says. One JSON line per seed and
arm is appended to the file; what it has is not run again. Runs are kept in --archive: one of a
model's that was interrupted, or had fewer proposals, goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path

from archive.entry import Entry
from archive.front import active_objectives
from archive.store.places import store_at
from evaluators.execution.executor import Executor
from evaluators.execution.local import LocalExecutor
from evaluators.registry import ProblemSpec
from evolve.prompting.situation import Task
from evolve.proposers.embedded import EmbeddedProposer
from evolve.proposers.proposer import Context, Conversation, Draft, Proposer
from evolve.runs import Run
from evolve.search import resume, run
from evolve.settings import ModelSettings, Settings
from evolve.versions import code_digest
from tests.bench.arms import ARMS, FULL, INDEPENDENT
from tests.bench.replies import counts_of
from tests.bench.rows import Row, append_row, rows_of
from tests.bench.sealed import Sealed, played_by

AS_MANY, AS_LONG = "embedded, as many evaluations", "embedded, as many seconds"
BUDGETS = {AS_MANY: "evaluations", AS_LONG: "seconds"}  # each as a field of a row of FULL's
ENOUGH = 10**9  # of whatever is not to end a run


class UpTo:
    """A proposer that has nothing more to offer after proposal `last`."""

    def __init__(self, inner: Proposer, last: int) -> None:
        self.name = inner.name
        self._inner = inner
        self._last = last

    def ask(self, context: Context) -> Draft | Conversation | None:
        return self._inner.ask(context) if context.number <= self._last else None

    def tell(self, entry: Entry, gain: float) -> None:
        self._inner.tell(entry, gain)


class Harness:
    """Runs of one model on one problem."""

    def __init__(
        self,
        spec: ProblemSpec,
        models: ModelSettings,
        archive: str,
        executor: Callable[[], Executor] | None = None,
    ) -> None:
        """`executor` makes who evaluates, for each run anew; None: a local one."""
        problem = spec.load()
        self._spec = spec
        self._models = models
        self._archive = archive
        self._num_seeds = len(problem.baselines())
        self._task = Task(problem, tuple(active_objectives(problem, (), exact=True)))
        self._executor = executor or (lambda: LocalExecutor(spec))
        self._sealed = Sealed(problem, played_by(self._executor))

    def row(self, arm: str, seed: int, proposals: int) -> Row:
        """One line of the result; exits when the run was stopped before."""
        found = self._asked(arm, seed, proposals)
        if found.stopped != "exhausted":
            sys.exit(f"run {found.name} stopped: {found.stopped}; the same command goes on with it")
        counts = counts_of(found, self._archive)
        return self._line(found, {"arm": arm, "seed": seed, "proposals": proposals, **counts})

    def row_beside(self, arm: str, full: Row) -> Row:
        """What the search without a model comes to with as many of one thing as a row of FULL's."""
        amount = full[BUDGETS[arm]]
        # The seeds' evaluations count here, as they took the shipped search its seconds there.
        amount += self._num_seeds if arm == AS_MANY else 0
        found = self._embedded(full["seed"], **{BUDGETS[arm]: amount})
        return self._line(found, {k: full[k] for k in ("seed", "proposals")} | {"arm": arm})

    def _line(self, found: Run, of: Row) -> Row:
        evaluations = sum(
            e.decision != "duplicate" and not e.proposal.rejection for e in found.entries()
        )
        return {
            "problem": Path(self._spec.name).stem, "model": self._models.names[0], **of,
            "evaluations": evaluations - self._num_seeds,
            "seconds": round(elapsed_s(self._archive, found.name), 1),
            "sealed_volume": self._volume(found), "code": code_digest()[:12],
        }  # fmt: skip

    def _asked(self, arm: str, seed: int, proposals: int) -> Run:
        """The run of an arm with so many proposals, begun or gone on with."""
        proposer = UpTo(ARMS[arm](self._task, self._models), self._num_seeds + proposals)
        name = f"{Path(self._spec.name).stem}-{arm.replace(' ', '-')}-{seed}"
        if name in store_at(self._archive).names():
            return resume(self._archive, name, proposer=proposer, executor=self._executor())
        settings = self._settings(seed, name)
        settings = replace(settings, model=self._models, tokens=ENOUGH)
        return run(settings, proposer=proposer, executor=self._executor())

    def _embedded(self, seed: int, **budget: float) -> Run:
        """A run without a model. Measured time is compared, so nothing is remembered for it."""
        settings = replace(self._settings(seed, name=None), **budget)
        return run(settings, proposer=EmbeddedProposer(), executor=self._executor())

    def _settings(self, seed: int, name: str | None) -> Settings:
        return Settings(
            self._spec,
            evaluations=ENOUGH,
            seed=seed,
            lookahead=self._models.concurrency,
            exact=True,
            name=name,
            archive=self._archive,
        )

    def _volume(self, found: Run) -> float:
        front = [e.proposal.source for e in found.front("selection")]
        self._sealed.play(front)
        return self._sealed.volume(front)


def elapsed_s(archive: str, name: str) -> float:
    """How long a run was searched, over all its resumptions."""
    with closing(store_at(archive).open(name)) as journal:
        stops = [content for kind, content, _ in journal.notes() if kind == "stop"]
    return sum(float(content["elapsed_s"]) for content in stops)


def main() -> None:
    options = _parser().parse_args()
    models = ModelSettings(
        names=(options.model,),
        base_url=options.url,
        concurrency=options.concurrency,
        timeout_s=options.timeout,
        prompt_tokens=options.prompt_tokens,
        output_tokens=options.output_tokens,
        temperature=options.temperature,
    )
    harness = Harness(ProblemSpec(options.problem), models, options.archive)
    for seed, arm in product(range(1, options.seeds + 1), options.arms):
        there = _rows_by_arm(options.out, options.model, seed, options.proposals)
        if arm in there:
            continue
        if arm in BUDGETS and FULL not in there:
            sys.exit(f"seed {seed}: {arm!r} needs the row of {FULL!r} in {options.out}")
        row = (
            harness.row_beside(arm, there[FULL])
            if arm in BUDGETS
            else harness.row(arm, seed, options.proposals)
        )
        append_row(options.out, row)


def _rows_by_arm(out: Path, model: str, seed: int, proposals: int) -> dict[str, Row]:
    return {
        row["arm"]: row
        for row in rows_of(out)
        if (row["model"], row["seed"], row["proposals"]) == (model, seed, proposals)
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problem")
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True, help="openai/NAME, as the server calls it")
    parser.add_argument("--arms", nargs="+", choices=[*ARMS, *BUDGETS],
                        default=[FULL, INDEPENDENT, *BUDGETS])  # fmt: skip
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--proposals", type=int, default=100)
    parser.add_argument("--concurrency", type=int, default=6)
    parser.add_argument("--timeout", type=float, default=1800.0, help="seconds of one call")
    parser.add_argument("--prompt-tokens", type=int, default=24_000)
    parser.add_argument("--output-tokens", type=int, default=1_500)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--archive", default="runs/local_model")
    parser.add_argument("--out", type=Path, required=True)
    return parser


if __name__ == "__main__":
    main()
