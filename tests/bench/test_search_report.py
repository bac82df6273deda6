"""Over all problems: one interval, and the problems on which the search is worse."""

from __future__ import annotations

import numpy as np

from tests.bench.search_report import curve_of, decided, paired, plot, report

ARMS = ("full", "independent", "greedy")


def rows_with(gains: dict[str, float], seeds: int = 10, arms: tuple[str, ...] = ARMS) -> list[dict]:
    """Made-up rows: on each problem the full search covers so much more than the other arms."""
    rng = np.random.default_rng(1)
    return [
        {
            "problem": problem, "parameters": {}, "workloads": {"search": 8}, "calls": 20,
            "q": 0.05, "arm": arm, "seed": seed, "evaluations": 20, "rungs": 0,
            "sealed_volume": (volume := 0.5 + (gain if arm == "full" else rng.normal(0, 0.002))),
            "curve": [[10, volume - 0.1], [20 + 10 * (arm == "full"), volume]],
        }
        for problem, gain in gains.items()
        for arm in arms
        for seed in range(seeds)
    ]  # fmt: skip


def test_a_search_that_pays_everywhere():
    said = list(report(rows_with({"one": 0.02, "two": 0.03})))
    overall = [line for line in said if line.startswith("- full - ")]
    assert len(overall) == 2
    for line in overall:
        assert "+0.02" in line
        assert "[+0.02" in line
        assert "of these 2 groups alone" in line
        assert line.endswith("worse on: none")
    assert "| one, after | 10 evaluations |" in said
    (summed,) = [line for line in said if line.startswith("| one | ")]
    volumes, differences = summed.split(" | ")[1:4], summed.split(" | ")[4:]
    assert volumes[0] == "0.5200"
    assert all(float(v) < 0.505 for v in volumes[1:])
    assert all(d.startswith("+0.0") and "[+0.0" in d for d in differences)


def test_an_outside_search_is_one_more_reference():
    rows = rows_with({"one": 0.02})
    rows += [
        {k: v for k, v in r.items() if k not in ("q", "rungs")} | {"arm": "cma"}
        for r in rows
        if r["arm"] == "greedy"
    ]
    said = list(report(rows))
    assert sum(line.startswith("- full - ") for line in said) == 3
    assert any(line.startswith("- full - cma: +0.02") for line in said)
    assert any(line.startswith("| problem | full | independent | greedy | cma |") for line in said)


def test_the_model_free_arm_is_a_control_arm_where_it_was_played():
    said = list(report(rows_with({"one": 0.02}, arms=(*ARMS, "embedded"))))
    assert any(line.startswith("- full - embedded: +0.02") for line in said)
    assert any(line.startswith("| embedded | 0.") for line in said)
    assert not any("embedded" in line for line in report(rows_with({"one": 0.02})))


def test_where_it_is_better_or_worse_is_named():
    rows = rows_with({"one": 0.05, "two": -0.02, "three": 0.0})
    assert decided(paired(rows, "greedy")) == (["one"], ["two"])
    assert any(line.endswith("better on: one; worse on: two") for line in report(rows))


def test_a_curve_goes_as_far_as_all_seeds_came():
    rows = rows_with({"one": 0.02})
    rows[0]["curve"] = rows[0]["curve"][:1]
    assert list(curve_of(rows, "full")) == [10]
    assert list(curve_of(rows, "greedy")) == [10, 20]


def test_curves_are_drawn(tmp_path):
    plot(rows_with({"one": 0.02, "two": 0.03}), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
