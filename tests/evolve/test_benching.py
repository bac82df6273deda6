"""Cells of a comparison are runs: made once, resumed, judged on sealed on the record."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from archive.store.folder import FolderStore
from evaluators.errors import UsageError
from evolve.benching import arms_for, bench
from evolve.cli.main import main
from evolve.controls import controls_of
from evolve.events import Committed
from evolve.runs import open_run
from evolve.sessions import searched_s
from evolve.settings import ModelSettings, Settings
from tests.problems import GUESS

EVALUATIONS = 10
ARMS = ("full", "independent")
WORDS = ("bench", GUESS.name, "--exact", "--evaluations", str(EVALUATIONS), "--seed", "1",
         "--seeds", "2", "--workers", "2", "--name", "b", "--arms", "independent")  # fmt: skip


def settings_in(archive, **changes):
    return Settings(
        GUESS, evaluations=EVALUATIONS, seed=1, exact=True, workers=2, name="b",
        archive=str(archive), **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Where a comparison was interrupted in its second cell."""
    folder = tmp_path_factory.mktemp("bench")
    committed = []

    def interrupt(event):
        if isinstance(event, Committed):
            committed.append(event.entry.number)
            if len(committed) == EVALUATIONS + 6:
                raise KeyboardInterrupt

    cells = bench(settings_in(folder), ARMS, 2, interrupt)
    assert next(cells).run == "b-full-1"
    with pytest.raises(KeyboardInterrupt):
        next(cells)
    assert open_run(str(folder), "b-independent-1").stopped == "interrupted"
    return str(folder)


def test_what_is_there_is_not_run_again(archive, capsys, tmp_path):
    out = tmp_path / "rows.jsonl"
    words = [*WORDS, "--archive", archive, "--out", str(out)]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = [f"b-{arm}-{seed}" for seed in (1, 2) for arm in ARMS]
    assert [row["run"] for row in found["runs"]] == names
    assert all(row["evaluations"] == EVALUATIONS for row in found["runs"])
    assert all(0 < row["sealed_volume"] <= 1 for row in found["runs"])
    assert [a["arm"] for a in found["arms"]] == list(ARMS)
    assert [json.loads(line) for line in out.read_text().splitlines()] == found["runs"]

    assert main(words) == 0
    said = capsys.readouterr()
    assert "opening" not in said.err
    assert "no interval from 2 seeds" in said.out.replace("\n", " ")
    assert len(out.read_text().splitlines()) == len(names)
    for name in names:
        assert len(open_run(archive, name).openings()) == 1

    run = open_run(archive, "b-full-1")
    assert {c.run for c in controls_of(archive, run).cells} == set(names)


def test_a_run_of_another_budget_is_no_cell(archive):
    with pytest.raises(UsageError, match="run b-full-1 is there, and is another search"):
        next(bench(settings_in(archive, lookahead=2), ARMS, 1))


def test_an_interrupted_cell_has_what_is_left_of_its_seconds(tmp_path):
    timed = replace(settings_in(tmp_path), evaluations=100_000, seconds=4.0)

    def interrupt(event):
        if isinstance(event, Committed) and event.entry.number == EVALUATIONS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(bench(timed, ["full"], 1, interrupt))
    begun = searched_s_of(tmp_path)
    assert 0 < begun < 4
    assert next(bench(timed, ["full"], 1)).run == "b-full-1"
    assert searched_s_of(tmp_path) == pytest.approx(4.0)
    assert open_run(str(tmp_path), "b-full-1").settings.seconds == 4.0


def searched_s_of(archive) -> float:
    with FolderStore(archive).open("b-full-1") as journal:
        return searched_s(journal)


def test_people_are_no_arm(tmp_path):
    with pytest.raises(UsageError, match="without people"):
        next(bench(settings_in(tmp_path, ask_tell=1), ARMS, 1))


def test_beside_models_the_model_free_search_is_an_arm(tmp_path):
    asks = settings_in(tmp_path, model=ModelSettings(names=("openai/x",)))
    assert arms_for(asks) == ("full", "independent", "greedy", "embedded")
    assert arms_for(settings_in(tmp_path)) == ("full", "independent", "greedy")


def test_bad_words(capsys, tmp_path):
    words = [*WORDS[:-1], "greedi", "--archive", str(tmp_path)]
    assert main(words) == 2
    assert "no arm is called 'greedi' here" in capsys.readouterr().err
    assert main([*WORDS, "--archive", str(tmp_path), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("4 runs; ")
