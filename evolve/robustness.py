"""Plays a winner and the baselines again under every setting that their problem offers.

Each setting is played on its own selection split, never on sealed: the sheet judges no claim, it
says how far one carries. All policies meet the same workloads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

from archive.entry import Entry, EvaluationKey
from archive.journal import Journal
from evaluators.contract import Outcome, Problem, Variation
from evaluators.execution.executor import Executor
from evaluators.identity import problem_digest
from evaluators.registry import ProblemSpec
from evolve.afterwards import Wanted, play_afterwards
from evolve.events import Noticed, Observer
from evolve.runs import Run
from evolve.sheet import AS_SEARCHED, Sheet, Trial

Executors = Callable[[ProblemSpec], Executor]
Subjects = Mapping[str, Entry]  # policy digest -> an entry of that policy


def play_sheet(
    journal: Journal, run: Run, winner: Entry, executor_for: Executors, observer: Observer
) -> Sheet:
    """The robustness sheet of a run's winner.

    What is played is journalled as it arrives, under the digest of the problem with that setting:
    another call plays only what is not known.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    subjects = {e.proposal.digest: e for e in (winner, *run.baselines().values())}
    offered = run.problem.variations()
    known = {e.key: e.outcome for e in journal.evaluations()}
    trials = []
    for number, variation in enumerate(offered, start=1):
        spec = run.settings.problem.varied(variation)
        problem = spec.load()
        keys = _keys(problem, subjects)
        outcomes = {digest: known[key] for digest, key in keys.items() if key in known}
        if len(outcomes) < len(subjects):
            where = f"{variation.axis}: {variation.name}"
            observer(Noticed(f"robustness, setting {number} of {len(offered)}: {where}"))
            with closing(executor_for(spec)) as pool:
                outcomes = _played(journal, problem, subjects, pool, observer)
        trials.append(_trial(run, problem, variation, winner, outcomes))
    return Sheet(_as_searched(run, winner, subjects), trials, run.problem.unvaried)


def _keys(problem: Problem, subjects: Subjects) -> dict[str, EvaluationKey]:
    """What the journal has them under on this problem, by digest."""
    played = problem_digest(problem)
    return {d: EvaluationKey(d, "selection", played, "rescore") for d in subjects}


def _played(
    journal: Journal, problem: Problem, subjects: Subjects, pool: Executor, observer: Observer
) -> dict[str, Outcome]:
    """What each comes to, by digest; only what the journal has not is played."""
    wanted = [
        Wanted(digest, e.proposal.source, "selection", "rescore") for digest, e in subjects.items()
    ]
    played = play_afterwards(journal, problem, pool, wanted, observer)
    return {w.digest: evaluation.outcome for w, evaluation in played.items()}


def _as_searched(run: Run, winner: Entry, subjects: Subjects) -> Trial:
    """What the run itself played on selection; what failed there is not known."""
    scores = {digest: run.scores(e).get("selection") for digest, e in subjects.items()}
    outcomes: dict[str, Outcome] = {digest: s for digest, s in scores.items() if s is not None}
    return _trial(run, run.problem, AS_SEARCHED, winner, outcomes)


def _trial(
    run: Run,
    problem: Problem,
    variation: Variation,
    winner: Entry,
    outcomes: Mapping[str, Outcome],
) -> Trial:
    return Trial(
        variation,
        [o for o in problem.objectives if o.kind == "exact"],
        problem.workloads("selection"),
        outcomes[winner.proposal.digest],
        {
            name: outcomes[e.proposal.digest]
            for name, e in run.baselines().items()
            if e.proposal.digest in outcomes
        },
        run.constraints(),
    )
