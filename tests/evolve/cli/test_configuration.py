"""Values from a file and from --set, and what is said of wrong ones."""

import pytest

from evaluators.errors import UsageError
from evolve.cli.configuration import KEYS, configured


def test_set_comes_before_the_file(tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        "seed = 3\nusd = 2.5\nracing = true\n"
        '[model]\nname = ["openai/a", "openai/b"]\nusd_per_mtok = [1, 2.5]\n'
    )
    assert configured(str(file), ["seed=4", "model.concurrency=8"]) == {
        "seed": 4,
        "usd": "2.5",
        "racing": True,
        "model.name": ("openai/a", "openai/b"),
        "model.usd_per_mtok": (1.0, 2.5),
        "model.concurrency": 8,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[model]\ncocurrency = 3", "model.concurrency"),
        ("usd = 'much'", "a number of dollars"),
        ("usd = -1", "a number of dollars"),
        ("[model]\nusd_per_mtok = [1]", "two prices"),
        ("[model]\ntemperature = 9", "from 0 to 2"),
        ("racing = 'perhaps'", "true or false"),
        ("seed = ", "mend the file"),
    ],
)
def test_a_wrong_value_gets_two_lines(tmp_path, text, said):
    file = tmp_path / "run.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        configured(str(file), [])
    assert str(file) in error.value.message
    assert said in error.value.hint


def test_a_key_file_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert configured(None, ["model.key_file=key"]) == {"model.key_file": str(tmp_path / "key")}


def test_there_are_few_keys():
    assert len(KEYS) < 40
