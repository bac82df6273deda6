"""Searches that are kept in PostgreSQL: what a folder of runs holds, and nothing that is secret."""

from __future__ import annotations

import json

import pytest

import evolve
from archive.library import dump
from archive.store.places import store_at
from evaluators.execution.executor import Sandbox
from evolve.cli.main import main
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import GUESS

SECRET = "s3cr3t"
SEALED = Sandbox("L2", "00" * 32, "L2: as a test has it")


def search(archive: str, evaluations: int = 40, name: str | None = None):
    settings = Settings(
        GUESS, evaluations=evaluations, seed=3, exact=True, archive=archive, name=name
    )
    executor = DelayedExecutor(GUESS.load(), 2, shuffled_delays(0, 0.001), SEALED)
    return evolve.run(settings, proposer=Scaler(), executor=executor)


def archived(archive: str, name: str) -> bytes:
    with store_at(archive).open(name) as journal:
        return dump(journal, GUESS.load())


@pytest.fixture(scope="module")
def secretive(postgres) -> str:
    """An archive's URL with a password in it, which its server does not ask for."""
    return postgres.emptied().replace("adrs@", f"adrs:{SECRET}@")


@pytest.fixture(scope="module")
def kept(secretive) -> str:
    """The name of a run in it."""
    return search(secretive).name


def test_a_run_is_the_same_wherever_it_is_kept(tmp_path, secretive, kept):
    search(str(tmp_path), name=kept)
    assert archived(secretive, kept) == archived(str(tmp_path), kept)


def test_it_goes_on_from_there(tmp_path, secretive):
    executor = DelayedExecutor(GUESS.load(), 3, shuffled_delays(1, 0.001), SEALED)
    begun = search(secretive, 20)
    assert begun.name == "guess-2"
    evolve.resume(secretive, begun.name, 10, proposer=Scaler(), executor=executor)
    whole = search(str(tmp_path), 30, begun.name)
    assert archived(secretive, begun.name) == archived(str(tmp_path), whole.name)


def test_a_password_is_neither_journalled_nor_shown(secretive, kept, capsys):
    with store_at(secretive).open(kept) as journal:
        configuration = journal.record.configuration
    assert SECRET not in json.dumps(configuration)
    assert configuration["settings"]["archive"] == store_at(secretive).place
    wrong = secretive.replace("/runs?", "/nowhere?")
    for words in (
        ["runs"],
        ["status", kept],
        ["front", kept],
        ["front", "nothing"],
        ["doctor", kept],
        ["status", kept, "--json"],
    ):
        assert main([*words, "--archive", secretive]) in (0, 2)
        assert main([*words, "--archive", wrong]) in (1, 2)
    said = capsys.readouterr()
    assert kept in said.out
    assert 'database "nowhere" does not exist' in said.err
    assert SECRET not in said.out + said.err


def test_its_entries_are_shown_and_exported(secretive, kept, tmp_path, capsys):
    number = evolve.open_run(secretive, kept).front()[-1].number
    module = tmp_path / "policy.py"
    for words in (["show"], ["export", "-o", str(module)]):
        assert main([words[0], f"{kept}/{number}", *words[1:], "--archive", secretive]) == 0
    assert "def guess" in capsys.readouterr().out
    assert "def guess" in module.read_text()


def test_a_replay_of_it_is_the_same(secretive, kept):
    from evolve.replaying import replay

    assert not replay(secretive, kept, Scaler()).difference
