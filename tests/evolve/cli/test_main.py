"""Words on the command line, right and wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evolve.cli.flags import read_text
from evolve.cli.main import VERBS, main

HEAVY = {
    "ray",
    "numpy", "scipy", "sqlalchemy", "rich", "moocore", "cma", "litellm", "openai", "anthropic",
    "ortools", "pandas",
}  # fmt: skip

LONG = "x" * 300  # longer than a file's name may be


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stderr of a command that exits with 2 and prints nothing else."""
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for verb in VERBS.values():
        assert f"\n  {verb.name} " in shown
        assert verb.summary in shown


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_verb_explains_its_flags(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"usage: adrs {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"]])
def test_help_pays_for_no_heavy_import(words: list[str]) -> None:
    code = (
        "import sys\n"
        "from evolve.cli.main import main\n"
        "try:\n"
        f"    main({words!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runs", "--archive", LONG], "File name too long"),
        (["status", "r1", "--archive", LONG], "File name too long"),
        (["run", "expert_placement", "--archive", LONG], "File name too long"),
        (["run", "expert_placement", "--name", LONG], "a run's name of 300 characters"),
        (["status", LONG], "a run's name of 300 characters"),
        (["run", f"{LONG}.py"], "no problem file"),
        (["run", "expert_placement", "--from", f"{LONG}/3"], "a run's name of 300 characters"),
        (["new", "problem", LONG], "File name too long"),
        (["new", "policy", "expert_placement", "--dir", LONG], "File name too long"),
    ],
)
def test_a_name_that_no_file_can_have_is_said(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    said, hint = refused(words, capsys)
    assert message in said
    assert hint.startswith("hint: ")
    assert not [p for p in tmp_path.iterdir() if p.name != "runs"]


def test_a_checkup_finds_the_disk_of_an_archive_that_cannot_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--archive", LONG]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if line.startswith("ok   disk")]
    assert [line for line in said if line.startswith("BAD  archive") and "too long" in line]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["rnu"], "unknown verb 'rnu'", "did you mean 'run'?"),
        (
            ["run", "expert_placement", "--sed", "3"],
            "unknown flag --sed",
            "did you mean '--seed'?",
        ),
        (["run"], "required: PROBLEM", "see adrs run --help"),
        (["run", "expert_placement", "--seed", "x"], "argument --seed: invalid int", "--help"),
        (["run", "expert_placement", "--workers", "0"], "invalid positive number", "--help"),
        (["run", "expert_placement", "--seconds", "nan"], "invalid number of seconds", "--help"),
        (["run", "expert_placement", "--seconds", "-1"], "invalid number of seconds", "--help"),
        (["front", "a", "b"], "'b' is one word too many", "see adrs front --help"),
        (["run", "expert_placment"], "unknown problem 'expert_placment'", "'expert_placement'?"),
        (
            ["run", "expert_placement", "--param", "gpus"],
            "--param 'gpus' is not understood",
            "--param key=value",
        ),
        (
            ["run", "expert_placement", "--set", "lookahed=3"],
            "unknown key 'lookahed'",
            "did you mean 'lookahead'?",
        ),
        (["run", "expert_placement", "--set", "lookahead=-3"], "lookahead='-3'", "positive"),
        (["resume", "r", "--evaluations", "400"], "--evaluations 400", "--evaluations +400"),
        (["runs", "--format", "xml"], "invalid choice: 'xml'", "see adrs runs --help"),
    ],
)
def test_bad_words_get_two_lines(
    words: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = refused(words, capsys)
    assert first.startswith("adrs: ")
    assert message in first
    assert second.startswith("hint: ")
    assert hint in second


@pytest.mark.parametrize("words", [["--name", ""], ["--name="]])
def test_an_empty_word_is_no_word_left_out(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(["run", "expert_placement", *words], capsys) == [
        "adrs: nothing stands after --name", "hint: is a variable of the shell not set?",
    ]  # fmt: skip
    assert "nothing stands after adrs status" in refused(["status", ""], capsys)[0]
    assert "nothing stands after problem" in refused(["new", "problem", ""], capsys)[0]


def test_a_mark_before_the_text_of_a_policy_is_not_part_of_it(tmp_path: Path) -> None:
    policy = tmp_path / "policy.py"
    policy.write_text("x = 1\n", encoding="utf-8-sig")
    assert read_text(str(policy)) == "x = 1\n"


def test_a_seed_policy_that_is_not_utf8_names_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.py"
    policy.write_bytes(b"x = 1\ny = '\xff'\n")
    words = ["run", "expert_placement", "--seed-policy", str(policy)]
    assert refused(words, capsys)[0] == f"adrs: {policy}, line 2: not UTF-8"
    policy.unlink()
    assert "No such file" in refused(words, capsys)[0]


@pytest.mark.parametrize("package", ["evaluators", "archive"])
def test_a_shadowing_folder_is_named(package: str, tmp_path: Path) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import evolve.cli.main"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert str(tmp_path / package) in done.stderr
    assert done.stderr.splitlines()[1].startswith("hint: ")


def test_a_full_disk_under_the_output_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "evolve.cli.main", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    said, hint = done.stderr.splitlines()
    assert said == "adrs: no space left on the disk"
    assert hint.startswith("hint: free some")


def test_an_output_that_cannot_hold_a_character_is_said(archive: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evolve.cli.main", "front", "queues", "--archive", archive],
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "adrs: the output cannot hold '\\u2193'", "hint: set PYTHONIOENCODING=utf-8",
    ]  # fmt: skip
