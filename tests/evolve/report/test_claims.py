"""Whether the sealed split tells what was found from what was only fitted."""

import math

import pytest

from archive.front import hypervolume
from evaluators.contract import Failure
from evaluators.scoring import aggregate
from evolve.report.claims import Claims, subjects
from evolve.report.summary import summary_section
from tests.evolve.report.finding import Searched, finding_levels, fitting_noise
from tests.problems.planted import answering

SEEDS = range(1, 21)


def claims_of(found, **replaced):
    sources = {e.proposal.digest: e.proposal.source for e in subjects(found)}
    outcomes = {digest: found.play(source, "sealed") for digest, source in sources.items()}
    return Claims(found, found.problem, outcomes | replaced)


def summary(found, claims):
    return "".join(f"{line}\n" for line in summary_section(found, claims))


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


def test_what_breaks_a_requirement_is_no_baseline_to_beat():
    """`little` alone costs so little; on sealed as on selection."""
    found = Searched(1, finding_levels(), require=("cost<=0.4",))
    claims = claims_of(found)
    little = next(b for b in claims.baselines if b.name == "little")
    assert [b.name for b in claims.baselines if claims.broken(b)] == ["half", "much"]
    boxed, limits = found.exact_box("sealed")
    alone = hypervolume([little.sealed], boxed, limits)
    assert claims.baseline_hypervolume == pytest.approx(alone)
    boxed, limits = found.exact_box("selection")
    alone = hypervolume([little.entry.values["selection"]], boxed, limits)
    assert found.baseline_hypervolume() == pytest.approx(alone)
    assert claims.is_shown
    free = claims_of(Searched(1, finding_levels()))
    assert claims.baseline_hypervolume < free.baseline_hypervolume


def test_a_run_is_not_told_that_it_lost_to_what_was_not_allowed():
    """The one candidate is dominated by `half`, which costs too little to be allowed."""
    free = Searched(1, [])
    half = free.baselines()["half"].values
    least = max(values["cost"] for values in half.values()) + 1e-4

    def is_dominated(source):
        values = free._entry(9, "x", source).values
        return all(
            values[s]["cost"] >= least and values[s]["delay"] > half[s]["delay"] for s in half
        )

    dominated = next(s for s in (answering(0.5, tag) for tag in range(1, 500)) if is_dominated(s))
    assert claims_of(Searched(1, [dominated])).winner is None
    required = claims_of(Searched(1, [dominated], require=(f"cost>={least}",)))
    assert required.winner is not None
    assert required.winner.entry.proposal.source == dominated


def test_where_every_baseline_breaks_it_there_is_none_to_beat():
    found = Searched(1, finding_levels(), require=("cost<=0.25",))
    claims = claims_of(found)
    assert all(map(claims.broken, claims.baselines))
    assert claims.baseline_hypervolume == found.baseline_hypervolume() == 0
    assert claims.gain.estimate == pytest.approx(claims.hypervolume)
    assert claims.is_shown
    said = summary(found, claims)
    assert "No baseline meets it there: the front is held against none" in said
    assert "**Shown**: the winner r/" in said
    assert "and no baseline meets what is required; zero lies" in said


def test_nothing_that_breaks_a_requirement_wins():
    found = Searched(1, finding_levels(), require=("cost<=0.01",))
    claims = claims_of(found)
    assert claims.front, "nothing breaks it least"
    assert all(map(claims.broken, claims.front))
    assert (claims.winner, claims.is_shown) == (None, False)
    assert claims.hypervolume == found.hypervolume() == 0
    said = summary(found, claims)
    assert r"**No winner**: nothing on the front meets cost\<=0.01 on the selection" in said
    assert r"Required is cost\<=0.01; what breaks it there counts in neither volume: 1 of 1" in said


def test_a_winner_that_breaks_a_requirement_on_sealed_is_not_shown():
    found = Searched(1, finding_levels(), require=("cost<=0.4",))
    claims = claims_of(found)
    much = next(b for b in claims.baselines if b.name == "much")
    assert claims.broken(claims.winner) == []
    assert r"cost\<=0.4 is met there, too" in summary(found, claims)
    digest = claims.winner.entry.proposal.digest
    worse = claims_of(found, **{digest: much.outcome})
    assert worse.winner.entry.proposal.digest == digest
    assert [c.text for c in worse.broken(worse.winner)] == ["cost<=0.4"]
    assert not worse.is_shown
    assert worse.winner_gain is None
    said = summary(found, worse)
    assert r"breaks cost\<=0.4 on the sealed workloads" in said
    assert "**Shown**" not in said
    assert worse.hypervolume < claims.hypervolume


def test_a_failure_breaks_no_requirement_beside():
    found = Searched(1, finding_levels(), require=("cost<=0.4",))
    digest = claims_of(found).winner.entry.proposal.digest
    failed = claims_of(found, **{digest: Failure("time", "")})
    assert failed.broken(failed.winner) == []
    assert not failed.is_shown
    assert "fails on the sealed workloads" in summary(found, failed)


def test_without_requirements_none_is_spoken_of(claims):
    said = summary(Searched(1, finding_levels()), claims)
    assert "equire" not in said
    assert "adds" in said.partition("**Shown**")[2]
    assert "to the baselines' volume; zero lies outside of the interval.\n" in said


def failing(found, *names):
    """Claims where these baselines fail on sealed."""
    digests = [found.baselines()[name].proposal.digest for name in names]
    return claims_of(found, **dict.fromkeys(digests, Failure("time", "")))


def test_a_baseline_that_fails_on_sealed_leaves_open_whether_it_is_beaten(claims):
    found = Searched(1, finding_levels())
    lone = failing(found, "half")
    assert claims.is_shown
    assert lone.winner_gain.low > 0
    assert not lone.is_shown
    said = summary(found, lone)
    assert "Baselines that fail there count in neither volume: half." in said
    assert "**NOT SHOWN**: the winner r/" in said
    assert "; a baseline to beat fails on the sealed workloads: half." in said
    assert "fail" not in summary(found, claims)

    none = failing(found, "half", "little", "much")
    assert (none.baseline_hypervolume, none.is_shown) == (0, False)


def test_a_baseline_that_failed_on_selection_too_is_not_missed():
    found = Searched(1, finding_levels())
    half = found.baselines()["half"]
    half.values.pop("selection")
    lone = failing(found, "half")
    assert [b.name for b in lone.absent] == ["half"]
    assert lone.missed == []
    assert lone.is_shown


def test_claims_are_over_what_the_search_went_by():
    found = Searched(1, finding_levels(), objectives=("cost",))
    claims = claims_of(found)
    boxed, limits = found.exact_box("sealed")
    assert [o.name for o in boxed] == ["cost"]
    best = min(m.sealed["cost"] for m in claims.front)
    assert claims.hypervolume == pytest.approx(hypervolume([{"cost": best}], boxed, limits))
    assert claims.winner.entry.values["selection"]["cost"] == min(
        m.entry.values["selection"]["cost"] for m in claims.front
    )
