"""What a race would have saved in a run that had none, from its journal.

    adrs run expert_placement --exact --seed 2 --evaluations 400 --name placement
    python -m tests.bench.retrospect runs placement

Prints where the evaluators' time went; for search and selection how far behind the front of then,
on all workloads, those were that did not join it; and what the race would have left out, had every
candidate come that came. Whoever is eliminated here had children there: a run with a race takes
another course (`tests.bench.racing`).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from archive.entry import SEED, Entry, Evaluation, EvaluationKey
from archive.front import Front
from archive.store.places import store_at
from evaluators.contract import Score, Split
from evaluators.scoring import is_clean
from evolve.asked import Asked
from evolve.bar import Bar, point
from evolve.proposers.proposer import Draft
from evolve.racing import Race
from evolve.runs import Run, open_run
from evolve.state import State

Outcomes = Mapping[str, Evaluation]  # policy digest -> its evaluation on a split


def main() -> None:
    archive, name = sys.argv[1:]
    run = open_run(archive, name)
    with closing(store_at(archive).open(name)) as journal:
        evaluations = journal.evaluations()
    for line in worked(evaluations):
        print(line)
    for split in ("search", "selection"):
        played = {e.key.digest: e for e in evaluations if e.key.purpose == split}
        print(behind(run, split, played))
    print(retrospect(run, {e.key.digest: e for e in evaluations if e.key.purpose == "search"}))


def worked(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    """Where the evaluators' time went, by purpose."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for e in evaluations:
        seconds[e.key.purpose].append(e.wall_s)
    total = sum(map(sum, seconds.values()))
    for purpose, each in seconds.items():
        share = sum(each) / total
        yield f"{purpose}: {len(each)} evaluations, {sum(each):.0f} s, {share:.0%} of the time"


def behind(run: Run, split: Split, played: Outcomes) -> str:
    """How close to the front of then those were that did not join it."""
    objectives, workloads = run.objectives(), run.scale.workloads(split)
    front = Front(objectives, run.constraints(), split)
    points: dict[int, np.ndarray] = {}
    steps = []
    for entry in run.entries():
        e = played.get(entry.proposal.digest)
        if split not in entry.values or e is None or entry.decision == "duplicate":
            continue
        points[entry.number] = point(objectives, workloads, e.outcome)
        bar = Bar(np.array([points[m.number] for m in front.entries]), 0.0)
        if not front.add(replace(entry, decision="front")):
            steps.append(bar.behind(points[entry.number]))
    quartiles = ", ".join(f"{q:.1f}" for q in np.quantile(steps, [0.25, 0.5, 0.75]))
    joined = len(points) - len(steps)
    return (
        f"{split}: {joined} of {len(points)} joined the front of then; the others were behind it by"
        f" {quartiles} steps of the resolution (quartiles)"
    )


@dataclass
class Known:
    """Evaluations that the journal knows, cut to the workloads that are asked for."""

    outcomes: Outcomes
    played: int = 0  # workloads
    wall_s: float = 0.0

    def __post_init__(self) -> None:
        self._asked: dict[EvaluationKey, Evaluation] = {}

    def request(
        self, digest: str, source: str, split: Split, purpose: str, workload_ids: object = None
    ) -> EvaluationKey:
        key = EvaluationKey(digest, split, str(workload_ids), "search")
        if key not in self._asked:
            self._asked[key] = self._cut(self.outcomes[digest], workload_ids)
        return key

    def known(self, key: EvaluationKey) -> Evaluation:
        return self._asked[key]

    def _cut(self, whole: Evaluation, ids: object) -> Evaluation:
        score = whole.outcome
        assert isinstance(score, Score)
        keep: Callable[[str], bool] = lambda w: ids is None or w in ids  # type: ignore[operator]  # noqa: E731
        values = {n: {w: v for w, v in row.items() if keep(w)} for n, row in score.values.items()}
        self.played += len(next(iter(values.values())))
        return replace(whole, outcome=Score(values))


def retrospect(run: Run, outcomes: Outcomes) -> str:
    """What the race would have left out of the search workloads, and whom wrongly."""
    problem, objectives = run.problem, run.objectives()
    known = Known(outcomes)
    race = Race(problem, objectives, known, run.settings.seed, is_on=True)  # type: ignore[arg-type]
    state = State(problem, objectives, run.constraints())
    entries = [e for e in run.entries() if e.is_valid and is_clean(e.outcome)]
    open_: list[Asked] = []
    wrongly = 0
    for entry in entries:
        open_.append(asked_of(entry, race, state))
        if len(open_) > run.settings.lookahead or entry.proposal.proposer.startswith(SEED):
            wrongly += commit(open_.pop(0), race, state, run)
    wrongly += sum(commit(asked, race, state, run) for asked in open_)
    told, all_ = race.told(), len(entries) * len(problem.workloads("search"))
    return (
        f"race: {told['eliminated']} of {told['eliminated'] + told['played_on']} raced, of"
        f" {len(entries)} in all, eliminated after {told['few']} of {told['all']} workloads;"
        f" {wrongly} of them had joined; {1 - known.played / all_:.1%} of the search workloads"
        f" saved; ranks agree by {', '.join(f'{r:.3f}' for r in told['rank_correlations'])}"
    )


def asked_of(entry: Entry, race: Race, state: State) -> Asked:
    proposal = entry.proposal
    is_whole = proposal.proposer == "constants"
    said = Draft(proposal.source, proposal.parents, proposal.proposer, is_whole=is_whole)
    bar = None if proposal.proposer.startswith(SEED) else race.bar(state.front())
    return Asked(entry.number, 0, said=said, proposal=proposal, bar=bar)


def commit(asked: Asked, race: Race, state: State, run: Run) -> bool:
    """Whether it was eliminated and would have joined."""
    played = race.played(asked)
    assert played is not None
    assert asked.proposal is not None
    lost = race.is_eliminated(played.outcome)
    if lost:
        entry = Entry.eliminated(asked.proposal, played.outcome)
    else:
        entry = state.judge(asked.proposal, played)
    state.add(entry)
    race.learn(entry, asked)
    return lost and run.entry(asked.number).decision == "front"


if __name__ == "__main__":
    main()
