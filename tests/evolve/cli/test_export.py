"""What `adrs export` makes, from a run that was searched."""

import ast
from pathlib import Path

import pytest

from evolve.cli.main import main
from evolve.runs import open_run


def best(archive: str) -> str:
    """The id of the largest policy of the front."""
    front = open_run(archive, "queues").front("search")
    return f"queues/{max(front, key=lambda e: len(e.proposal.source)).number}"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The two lines of a refusal."""
    assert main(words) == 2
    return capsys.readouterr().err.splitlines()


def test_a_reduced_module_says_before_and_after(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.py"
    words = ["export", best(archive), "--reduce", "--evaluations", "12", "-o", str(file)]
    assert main([*words, "--archive", archive]) == 0
    said = capsys.readouterr().err
    assert "reducing queues/" in said
    assert "at most 12 evaluations, 600 s" in said
    assert "nodes of the syntax tree ->" in said
    text = file.read_text(encoding="utf-8")
    assert "guards against other inputs among it" in (ast.get_docstring(ast.parse(text)) or "")


def test_a_package_is_written_once(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "policy"
    words = ["export", best(archive), "--package", str(folder), "--archive", archive]
    assert main(words) == 0
    assert f"pip install {folder} && pytest {folder}" in capsys.readouterr().err
    assert {p.name for p in folder.iterdir()} == {
        "README.md", "pyproject.toml", "tests", "two_queues_policy",
    }  # fmt: skip
    assert refused(capsys, *words) == [
        f"adrs: {folder} is there already", "hint: give another name",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "first", "second"),
    [
        (["--target", "vllm-eplb"], "not of two_queues", "no target is known for two_queues"),
        (["--target", "vllm-plb"], "unknown target 'vllm-plb'", "did you mean 'vllm-eplb'?"),
        (["--package", "x", "-o", "y"], "--package and --output are two exports", "once for each"),
        (["--package", "x", "--target", "y"], "--package and --target are two", "once for each"),
    ],
)
def test_what_cannot_be_exported(
    archive: str, capsys: pytest.CaptureFixture[str], flags: list[str], first: str, second: str
) -> None:
    lines = refused(capsys, "export", "queues/1", *flags, "--archive", archive)
    assert len(lines) == 2
    assert first in lines[0]
    assert second in lines[1]


def test_a_policy_that_fails_is_not_reduced(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = next(e for e in open_run(archive, "queues").entries() if e.decision == "failed")
    lines = refused(capsys, "export", f"queues/{failed.number}", "--reduce", "--archive", archive)
    assert lines[-2].startswith("adrs: the policy fails on the ")
    assert lines[-1] == "hint: reduce one of the front"
