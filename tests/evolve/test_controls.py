"""What may be said of a search from its runs and those of the control arms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evolve.cli.bench_page import controls_document, print_controls
from evolve.controls import Cell, Controls, is_alike
from evolve.settings import ModelSettings, Settings
from tests.problems import GUESS, SUM

MODELS = ModelSettings(names=("openai/x",))
SETTINGS = Settings(GUESS, evaluations=100, model=MODELS, usd="5", name="a")


def cell(arm, seed, volume, evaluations=100, code="c0de"):
    return Cell(f"{arm}-{seed}", arm, seed, evaluations, 0, 0, "0", 3, volume, volume, volume, code)


def cells(arm, level, seeds=10, spread=0.01):
    noise = np.random.default_rng(len(arm)).normal(0, spread, seeds)
    return [cell(arm, i + 1, level + float(x)) for i, x in enumerate(noise)]


@pytest.mark.parametrize(
    ("plain", "greedy", "verdict"),
    [
        (0.60, 0.61, "The search was worth its budget here: "),
        (0.60, 0.70, "The search is not shown to have been worth its budget here: "),
        (0.60, 0.80, "The search was not worth its budget here: "),
    ],
)
def test_it_was_worth_it_only_if_it_beats_every_arm(plain, greedy, verdict):
    found = Controls([*cells("full", 0.7), *cells("independent", plain), *cells("greedy", greedy)])
    assert found.verdict.startswith(verdict)
    assert "against independent sampling" in found.verdict
    assert "against greedy (1+1)" in found.verdict
    assert found.arms == ["full", "independent", "greedy"]


def test_few_seeds_show_nothing():
    found = Controls([*cells("full", 0.9, seeds=7), *cells("greedy", 0.1, seeds=9)])
    assert "is not shown" in found.verdict
    assert "(no interval from 7 seeds)" in found.verdict


def test_seeds_are_paired():
    """What seeds have in common says nothing of the arms."""
    luck = np.random.default_rng(0).normal(0, 0.2, 10)
    full = [cell("full", i, 0.5 + x) for i, x in enumerate(luck)]
    other = [cell("greedy", i, 0.49 + x) for i, x in enumerate(luck)]
    found = Controls([*full, *reversed(other), cell("greedy", 77, 5.0)])
    difference = found.difference("greedy")
    assert difference.clusters == 10
    assert difference.low == pytest.approx(0.01)
    assert difference.high == pytest.approx(0.01)


def test_nothing_to_compare_with():
    assert "is open" in Controls(cells("full", 0.5)).verdict
    assert "is open" in Controls([]).verdict
    assert "is open" in Controls([cell("full", 1, 0.5), cell("greedy", 2, 0.4)]).verdict


def test_alike_are_searches_with_the_same_question_and_budget():
    other = replace(SETTINGS, arm="greedy", seed=7, name="b", archive="x", workers=3)
    assert is_alike(SETTINGS, other)
    for change in (
        {"evaluations": 99}, {"exact": True}, {"usd": "6"}, {"problem": SUM}, {"hints": ("h",)},
        {"require": ("error<=1",)}, {"lookahead": 1}, {"model": ModelSettings(names=("openai/y",))},
    ):  # fmt: skip
        assert not is_alike(SETTINGS, replace(other, **change)), change


def test_with_a_budget_of_seconds_alike_have_as_many_evaluators():
    timed = replace(SETTINGS, seconds=60.0, workers=2)
    assert is_alike(timed, replace(timed, arm="greedy", seed=7))
    assert not is_alike(timed, replace(timed, workers=16))


def test_the_model_free_arm_spends_nothing_of_a_budget_for_models():
    free = Settings(GUESS, evaluations=100, arm="embedded", name="c")
    assert is_alike(SETTINGS, free)
    assert is_alike(free, SETTINGS)
    assert not is_alike(SETTINGS, replace(free, evaluations=99))
    assert not is_alike(SETTINGS, replace(free, arm="full"))


def test_what_is_uneven_is_said_beside_the_verdict():
    full, greedy = cells("full", 0.7), cells("greedy", 0.6)
    assert "(" not in Controls([*full, *greedy]).verdict.replace("(1+1)", "")
    more = Controls([*full, *greedy, cell("greedy", 77, 0.6)])
    assert more.verdict.endswith("(differences are over the seeds that both have).")
    other = replace(greedy[0], code="0ther")
    mixed = Controls([*full, other, *greedy[1:]])
    assert mixed.verdict.endswith("(runs of 2 versions).")


def test_how_much_each_arm_played_is_told(capsys):
    found = Controls(
        [cell("full", 1, 0.7, 80), cell("full", 2, 0.7, 100), cell("embedded", 1, 0.6, 200)]
    )
    assert [a["evaluations"] for a in controls_document(found)["arms"]] == [90, 200]
    print_controls(found, as_json=False)
    *table, _ = capsys.readouterr().out.splitlines()
    assert any(line.split()[:4] == ["the", "search", "2", "90"] for line in table)
    assert max(map(len, table)) <= 80
