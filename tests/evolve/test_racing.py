"""At most the stated share of the candidates is eliminated that would join; the rest is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from archive.entry import Entry, Evaluation, EvaluationKey, Proposal
from evaluators.contract import Objective, Score, Workload
from evolve.asked import Asked
from evolve.bar import ERROR_RATE, Bar, choose_few, height, point
from evolve.racing import Race
from evolve.state import State
from tests.problems import PlantedProblem

SEEDS, CANDIDATES, LOOKAHEAD = 4, 400, 16


@dataclass(frozen=True)
class Truth:
    """What policies are worth: `level` trades cost for delay, `waste` costs both."""

    level: np.ndarray
    waste: np.ndarray
    noise: np.ndarray  # float64[policies, workloads, objectives]

    @classmethod
    def drawn(cls, rng: np.random.Generator, workloads: int, noise: float) -> Truth:
        count = SEEDS + CANDIDATES
        noises = rng.uniform(-noise, noise, (count, workloads, 2))
        return cls(rng.uniform(0, 1, count), rng.exponential(0.3, count), noises)

    def values(self, i: int) -> np.ndarray:
        """float64[workloads, objectives]."""
        true = np.array([self.level[i], 1 - self.level[i]]) + self.waste[i]
        return np.asarray(true + self.noise[i])


@dataclass
class Instant:
    """Evaluations that arrive at once, and are counted by workload."""

    truth: Truth
    workloads: list[Workload]
    played: list[tuple[str, str]] = field(default_factory=list)  # (digest, workload)
    wall_s: float = 0.0
    _known: dict[EvaluationKey, Evaluation] = field(default_factory=dict)

    def request(
        self, digest: str, source: str, split: str, purpose: Any, workload_ids: Any = None
    ) -> EvaluationKey:
        key = EvaluationKey(digest, split, str(workload_ids), purpose)
        if key not in self._known:
            self._known[key] = self._play(key, workload_ids)
        return key

    def known(self, key: EvaluationKey) -> Evaluation | None:
        return self._known[key]

    def _play(self, key: EvaluationKey, ids: Any) -> Evaluation:
        values = self.truth.values(int(key.digest))
        chosen = [i for i, w in enumerate(self.workloads) if ids is None or w.id in ids]
        self.played += [(key.digest, self.workloads[i].id) for i in chosen]
        self.wall_s += len(chosen)
        score = Score(
            {
                name: {self.workloads[i].id: float(values[i, j]) for i in chosen}
                for j, name in enumerate(("cost", "delay"))
            }
        )
        return Evaluation(key, score, "", "", "", "", wall_s=float(len(chosen)))


def search(truth: Truth, is_on: bool) -> tuple[list[Entry], Instant, dict[str, Any]]:
    """Every policy in order, each decided on as the engine does, held against what was committed
    `LOOKAHEAD` commits before.
    """
    problem = PlantedProblem()
    workloads = list(problem.workloads("search"))
    evaluations = Instant(truth, workloads)
    race = Race(problem, problem.objectives, evaluations, 0, is_on)  # type: ignore[arg-type]
    state = State(problem, problem.objectives)
    open_: list[Asked] = []
    for i in range(SEEDS + CANDIDATES):
        open_.append(asked_of(i, race, state))
        if i >= SEEDS + LOOKAHEAD or i < SEEDS:
            commit(open_.pop(0), race, state)
    for asked in open_:
        commit(asked, race, state)
    return state.committed, evaluations, race.told()


def asked_of(i: int, race: Race, state: State) -> Asked:
    proposer = "seed/s" if i < SEEDS else "x"
    proposal = Proposal(i + 1, "", str(i), str(i), (), proposer, "")
    return Asked(i + 1, 0, proposal=proposal, bar=race.bar(state.front()) if i >= SEEDS else None)


def commit(asked: Asked, race: Race, state: State) -> None:
    played = race.played(asked)
    assert played is not None
    assert asked.proposal is not None
    if race.is_eliminated(played.outcome):
        entry = Entry.eliminated(asked.proposal, played.outcome)
    else:
        entry = state.judge(asked.proposal, played)
    state.add(entry)
    race.learn(entry, asked)


@pytest.mark.parametrize("noise", [0.02, 0.1, 0.4])
def test_planted_truth_is_ranked_at_the_stated_error_rate(noise):
    wrongly = lost_in_all = worse = raced = played = asked = 0
    for seed in range(12):
        truth = Truth.drawn(np.random.default_rng([seed, round(noise * 100)]), 12, noise)
        whole, everything, _ = search(truth, is_on=False)
        entries, some, told = search(truth, is_on=True)
        lost = {e.number for e in entries if e.decision == "eliminated"}
        wrongly += len(lost & {e.number for e in whole if e.decision == "front"})
        worse += sum(truth.waste[n - 1] > 0.05 for n in lost)
        lost_in_all, raced = lost_in_all + len(lost), raced + len(lost) + told["played_on"]
        played, asked = played + len(some.played), asked + len(everything.played)
    print(
        f"\nnoise {noise}: {wrongly} of {raced} raced candidates were eliminated and would have "
        f"joined ({wrongly / raced:.2%}); of {lost_in_all} eliminated {worse} are truly worse by "
        f"more than 0.05; {played} of {asked} workloads played, {1 - played / asked:.0%} saved"
    )
    assert wrongly <= binom.ppf(0.999, raced, ERROR_RATE)
    assert worse > 0.9 * lost_in_all
    assert played < 0.8 * asked


def test_nothing_is_played_twice_and_whoever_went_on_was_played_on_all():
    truth = Truth.drawn(np.random.default_rng(5), 12, 0.05)
    entries, evaluations, told = search(truth, is_on=True)
    assert len(set(evaluations.played)) == len(evaluations.played)
    counts = {e.number: 0 for e in entries}
    for digest, _ in evaluations.played:
        counts[int(digest) + 1] += 1
    lost = {e.number for e in entries if e.decision == "eliminated"}
    assert lost
    assert len(lost) == told["eliminated"]
    assert {counts[n] for n in lost} == {told["few"]} == {3}
    assert {counts[e.number] for e in entries if e.number not in lost} == {12}


def test_what_went_on_is_scored_as_without_a_race():
    truth = Truth.drawn(np.random.default_rng(6), 12, 0.05)
    whole = {e.number: e for e in search(truth, is_on=False)[0]}
    raced = [e for e in search(truth, is_on=True)[0] if e.is_valid]
    assert all(e.values == whole[e.number].values for e in raced)


def test_what_is_checked_is_told():
    truth = Truth.drawn(np.random.default_rng(7), 12, 0.05)
    told = search(truth, is_on=True)[2]
    assert 0 < told["checked"] < 0.25 * CANDIDATES
    assert told["wrongly"] <= told["beaten"] <= told["checked"]
    assert told["saved_s"] == told["eliminated"] * 9.0
    assert all(r > 0.9 for r in told["rank_correlations"])


def test_nobody_is_eliminated_as_long_as_too_few_are_known():
    assert height([0.0] * 98) == float("inf")
    assert height([0.0] * 98 + [7.0]) == 7.0
    assert height([-3.0] * 100) == 0.0


@given(st.lists(st.floats(-1e3, 1e3), min_size=99, max_size=250), st.floats(-1e3, 1e3))
def test_of_exchangeable_candidates_at_most_the_stated_share_is_beaten(behind, added):
    """Each of n + 1 is the new one with the same chance: count over all of them."""
    pool = [*behind, added]
    beaten = sum(x > height(sorted(pool[:i] + pool[i + 1 :])) for i, x in enumerate(pool))
    assert beaten <= ERROR_RATE * len(pool)


def test_behind_is_the_most_that_any_member_is_trailed_by():
    bar = Bar(np.array([[0.0, 10.0], [5.0, 5.0]]), 0.0)
    assert bar.behind(np.array([6.0, 5.0])) == 1.0  # the second one is better in one, as good
    assert bar.behind(np.array([9.0, 9.0])) == 4.0
    assert bar.behind(np.array([-1.0, 12.0])) == -1.0  # nobody is as good
    assert Bar(np.empty((0, 2)), 0.0).behind(np.zeros(2)) == -np.inf


def test_the_few_are_those_on_which_entries_differ_as_on_all():
    objective = Objective("cost", "1", "lower", "exact", 9.0, 9.0, 0.1)
    workloads = [Workload(f"w{i}", "f", f"w{i}", {}) for i in range(8)]
    rng = np.random.default_rng(0)
    costs = rng.normal(0, 9, (6, 8))
    costs[:, [3, 6]] = costs[:, [0, 1, 2, 4, 5, 7]].mean(axis=1)[:, None]
    scores = [
        Score({"cost": {w.id: float(c) for w, c in zip(workloads, row, strict=True)}})
        for row in costs
    ]
    few = choose_few(workloads, [objective], [Entry(1, SEED, s, "front") for s in scores])
    assert [w.id for w in few] == ["w3", "w6"]
    assert point([objective], few, scores[0]) == pytest.approx([costs[0, 3] / 0.1])


SEED = Proposal(1, "", "", "", (), "seed/s", "")
