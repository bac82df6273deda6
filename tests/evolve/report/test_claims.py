"""Whether the sealed split tells what was found from what was only fitted."""

import math

import pytest

from evaluators.contract import Failure
from evaluators.scoring import aggregate
from evolve.report.claims import Claims, subjects
from tests.evolve.report.finding import Searched, finding_levels, fitting_noise

SEEDS = range(1, 21)


def claims_of(found, **replaced):
    sources = {e.proposal.digest: e.proposal.source for e in subjects(found)}
    outcomes = {digest: found.play(source, "sealed") for digest, source in sources.items()}
    return Claims(found, found.problem, outcomes | replaced)


@pytest.fixture
def claims():
    return claims_of(Searched(1, finding_levels()))


def test_what_only_fits_noise_is_told_from_what_is_found():
    fitted = [claims_of(Searched(seed, fitting_noise())) for seed in SEEDS]
    found = [claims_of(Searched(seed, finding_levels())) for seed in SEEDS]
    assert sum(c.is_shown for c in fitted) <= 2  # 1 of 40 would be nominal
    assert sum(c.winner is not None for c in fitted) >= 10  # selection alone would have been fooled
    assert all(c.is_shown for c in found)


def test_the_winner_is_chosen_without_sealed(claims):
    swapped = {m.entry.proposal.digest: claims.front[0].outcome for m in claims.front}
    again = claims_of(Searched(1, finding_levels()), **swapped)
    assert again.winner.name == claims.winner.name
    assert again.winner_gain != claims.winner_gain


def test_gaps_are_search_less_sealed(claims):
    objective = claims._problem.objectives[0]
    sealed = claims._problem.workloads("sealed")
    for member in (*claims.front, *claims.baselines):
        expected = member.entry.values["search"][objective.name] - aggregate(
            objective, sealed, member.outcome.values[objective.name]
        )
        assert member.gap(objective) == pytest.approx(expected)


def test_the_winner_is_held_against_every_baseline(claims):
    found = claims.contrasts()
    assert list(found) == ["half", "little", "much"]
    for name, contrasts in found.items():
        baseline = next(b for b in claims.baselines if b.name == name)
        for c in contrasts:
            assert c.a == pytest.approx(claims.winner.sealed[c.objective.name])
            assert c.b == pytest.approx(baseline.sealed[c.objective.name])


def test_an_interval_is_around_the_value(claims):
    for o in claims.exact:
        found = claims.interval(claims.winner, o)
        assert found.low < claims.winner.sealed[o.name] < found.high


def test_a_winner_that_fails_on_sealed_is_not_shown(claims):
    digest = claims.winner.entry.proposal.digest
    failed = claims_of(Searched(1, finding_levels()), **{digest: Failure("time", "")})
    assert failed.winner.entry.proposal.digest == digest
    assert not failed.is_shown
    assert failed.winner_gain is None
    assert failed.contrasts() == {}
    assert failed.winner.gap(failed._problem.objectives[0]) is None
    assert failed.hypervolume < claims.hypervolume


def test_few_clusters_show_nothing():
    few = claims_of(Searched(1, finding_levels(), clusters=7))
    assert few.winner is not None
    assert few.winner_gain.low is None
    assert not few.is_shown
    assert math.isfinite(few.gain.estimate)
