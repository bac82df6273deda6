"""The report says that a search was worth its calls where it was, and that it was not elsewhere."""

from __future__ import annotations

from tests.bench.skill_report import difference, report, verdict

SPREAD = (0.000, 0.002, -0.001, 0.003, 0.001, -0.002, 0.002, 0.000, 0.001, -0.001)


def rows_with(gains: dict[str, float], seeds: int = 10, q: float = 0.05) -> list[dict]:
    """Made-up rows: the full search covers so much more than each of the others."""
    return [
        {
            "problem": "made_up", "parameters": {}, "workloads": {"search": 8, "sealed": 24},
            "calls": 60, "q": q, "arm": arm, "seed": seed, "evaluations": 50, "rungs": 2,
            "sealed_volume": 0.6 + 0.01 * seed - gain + (SPREAD[seed] if gain else 0.0),
        }
        for arm, gain in {"full": 0.0, **gains}.items()
        for seed in range(seeds)
    ]  # fmt: skip


def test_a_search_that_beats_both_plain_arms_was_worth_its_calls():
    said = verdict(0.05, rows_with({"independent": 0.02, "greedy": 0.01}))
    assert said.startswith("At q = 0.05 the search was worth its calls: +0.0195 [+0.01")


def test_one_plain_arm_that_is_as_good_makes_it_not_worth_it():
    for gains in ({"independent": 0.02, "greedy": 1e-4}, {"independent": -0.02, "greedy": 0.02}):
        assert "was not worth its calls" in verdict(0.05, rows_with(gains))


def test_too_few_seeds_show_nothing():
    said = verdict(0.2, rows_with({"independent": 0.02, "greedy": 0.02}, seeds=7, q=0.2))
    assert "is not known to have been worth its calls" in said
    assert "no interval from 7 seeds" in said


def test_an_arm_that_was_not_run_shows_nothing():
    said = verdict(0.05, rows_with({"independent": 0.02}))
    assert "is not known to have been worth its calls" in said
    assert "nothing to compare against greedy" in said


def test_differences_are_paired_by_seed():
    rows = rows_with({"greedy": 0.02})
    unpaired = [r for r in rows if (r["arm"], r["seed"]) not in {("greedy", 0), ("full", 9)}]
    found = difference(unpaired, "greedy")
    assert found is not None
    assert found.clusters == 8
    assert abs(found.estimate - 0.02) < 0.003  # seeds differ by ten times that among themselves


def test_every_q_and_problem_has_a_table_and_a_sentence():
    rows = rows_with({"independent": 0.02, "greedy": 0.01}, q=0.0)
    rows += rows_with({"independent": 0.02, "greedy": 0.01, "without bandit": 0.001}, q=0.2)
    rows += [{**r, "problem": "other"} for r in rows]
    lines = list(report(rows))
    assert sum("worth its calls" in line for line in lines) == 4
    assert [line for line in lines if line.startswith("## ")] == [
        "## made_up: 60 calls; 8 search, 24 sealed workloads",
        "## other: 60 calls; 8 search, 24 sealed workloads",
    ]
    assert sum("without bandit" in line for line in lines) == 2
