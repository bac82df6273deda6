"""The report, in the sandbox, of a run that has ended."""

import json
import shutil
from pathlib import Path

import pytest

from evolve.cli.main import main
from evolve.runs import open_run


@pytest.fixture(scope="module")
def copied(archive: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The archive, to be written to."""
    folder = tmp_path_factory.mktemp("report") / "runs"
    shutil.copytree(archive, folder)
    return str(folder)


def test_a_report_says_what_was_found_and_opens_sealed_once(
    copied: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "queues", "--archive", copied, "--seconds", "1"]
    file = tmp_path / "report.md"
    assert main([*words, "-o", str(file)]) == 0
    said = capsys.readouterr().err
    assert "opening 1 of the sealed workloads, noted in queues" in said
    text = file.read_text(encoding="utf-8")
    for part in (
        "## The question", "## The budget", "## The front, on selection", "## Sealed workloads",
        "Opened 1 time in this run", "## Control arms and noise", "## How to reproduce it",
        "--evaluations 40", "longest", "To find out: `adrs bench ",
        open_run(copied, "queues").identity["digest"],
    ):  # fmt: skip
        assert part in text
    assert ("**Shown**" in text) + ("**NOT SHOWN**" in text) + ("**No winner**" in text) == 1

    assert main([*words, "--html"]) == 0
    page = capsys.readouterr()
    assert "opening" not in page.err
    assert "<svg" in page.out
    assert [why for why, _ in open_run(copied, "queues").openings()] == [
        "report on " + said_of(text)
    ]


def test_a_sheet_is_played_once(copied: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", "queues", "--archive", copied, "--seconds", "1"]
    assert main(words) == 0
    plain = capsys.readouterr().out
    assert "`adrs report queues --robustness`" in plain

    assert main([*words, "--robustness"]) == 0
    said = capsys.readouterr()
    assert "robustness, setting 2 of 2: load: 0.95 of the server's time" in said.err
    assert "| load | 0.7 of the server's time |" in said.out
    assert "Against each baseline, the setting that is worst for the winner:" in said.out

    assert main([*words, "--robustness", "--html"]) == 0
    again = capsys.readouterr()
    assert "robustness, setting" not in again.err
    assert "<h2>Robustness</h2>" in again.out


def test_a_document_has_the_figures_of_the_text(
    copied: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "queues", "--archive", copied, "--seconds", "1", "--robustness"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == [
        "run", "problem", "summary", "question", "budget", "front", "sealed", "winner",
        "robustness", "control_arms", "noise_floors", "reproduction",
    ]  # fmt: skip
    assert found["problem"] == open_run(copied, "queues").identity
    assert found["summary"]["winner"] == found["winner"]["id"]
    assert found["question"]["splits"]["selection"] == {"workloads": 8, "clusters": 8}
    for number in (
        found["summary"]["hypervolume"],
        found["summary"]["gain"]["estimate"],
        found["sealed"]["front"][0]["sealed"][0]["value"],
        found["winner"]["contrasts"]["longest"][0]["difference"],
        found["robustness"]["settings"][1]["values"]["mean_wait_0"],
        found["robustness"]["worst"][0]["difference"],
    ):
        assert f"{number:.4g}" in text
    assert found["reproduction"]["command"] in text
    assert [s["name"] for s in found["robustness"]["settings"]] == [
        "0.7 of the server's time", "0.95 of the server's time",
    ]  # fmt: skip

    file = tmp_path / "report.json"
    assert main(["report", "queues", "--archive", copied, "--seconds", "1", "--json",
                 "-o", str(file)]) == 0  # fmt: skip
    plain = json.loads(file.read_text(encoding="utf-8"))
    assert plain["robustness"] is None
    assert plain["sealed"] == found["sealed"]


def test_a_report_has_one_shape(copied: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "queues", "--archive", copied, "--json", "--html"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


def said_of(text: str) -> str:
    """How many policies were played, as the report has it."""
    return text.partition("report on ")[2].partition(" (")[0]


def test_nothing_to_report(copied: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, line in (
        (["report", "nobody", "--archive", copied], "adrs: no run 'nobody'"),
        (["report", "queues", "--archive", copied, "-o", str(tmp_path)], f"adrs: {tmp_path}: "),
    ):
        assert main([*words, *(["--seconds", "1"] if "queues" in words else [])]) == 2
        assert capsys.readouterr().err.splitlines()[-2].startswith(line)
