"""Whether what was required is met is said wherever a front is shown."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from evaluators.registry import ProblemSpec
from evolve.cli.main import main
from evolve.cli.report_document import report_document
from evolve.proposers.proposer import Context, Draft
from evolve.report.gathering import gather
from evolve.report.markdown import Report, markdown
from evolve.runs import open_run
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, Scaler, shuffled_delays
from tests.problems import GUESS, PLANTED
from tests.problems.planted import answering

QUIET = ProblemSpec(PLANTED.name, {"noise": "0.01"})
REQUIRED = {"free": (), "met": ("movement<=0.02",), "never": ("error<=0.001",)}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run without requirements, one that meets them, and one that nothing meets."""
    folder = str(tmp_path_factory.mktemp("required"))
    for name, require in REQUIRED.items():
        settings = Settings(
            GUESS, evaluations=30, seed=3, exact=True, name=name, archive=folder, require=require
        )
        run(settings, proposer=Scaler(), executor=executor())
    settings = Settings(
        QUIET, evaluations=12, exact=True, name="won", archive=folder, require=("cost<=0.4",)
    )
    run(settings, proposer=Stairs(), executor=executor(QUIET))
    return folder


class Stairs(Scaler):
    """Each of its policies costs a little more than the one before."""

    def ask(self, context: Context) -> Draft | None:
        return Draft(answering(0.04 * context.number), (context.parents[0].number,), "stairs/next")


def executor(spec: ProblemSpec = GUESS) -> DelayedExecutor:
    return DelayedExecutor(spec.load(), 2, shuffled_delays(0, 0.001))


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(shown(capsys, *words, "--json"))


def reported(archive: str, name: str, spec: ProblemSpec = GUESS) -> Report:
    return gather(archive, name, executor=executor(spec), reducing_evaluations=0)


def test_a_front_that_breaks_a_requirement_is_marked(
    searched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    front = open_run(searched, "never").front()
    text = shown(capsys, "front", "never", "--archive", searched)
    lines = text.splitlines()
    said = f"{len(front)} of {len(front)} on this front break error<=0.001"
    assert said in lines
    assert "4 of 4 baselines break error<=0.001: there is none to beat" in lines
    assert "! breaks a requirement: counts in neither hypervolume, and beats nothing" in lines
    assert "hypervolume 0, the baselines' own 0" in lines
    rows = [line for line in lines if "!" in line and "requirement" not in line]
    assert len(rows) == len(front) + 4
    assert max(map(len, lines)) <= 80
    status = shown(capsys, "status", "never", "--archive", searched)
    there = len(open_run(searched, "never").front("search"))
    assert f"required     {there} of {there} on this front break error<=0.001\n" in status


def test_a_front_that_meets_them_marks_baselines_alone(
    searched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = open_run(searched, "met")
    assert all(e.values["search"]["movement"] <= 0.02 for e in found.front("search"))
    text = shown(capsys, "front", "met", "--split", "search", "--archive", searched)
    assert "on this front break" not in text
    broken = [n for n, e in found.baselines().items() if e.values["search"]["movement"] > 0.02]
    others = "they are not among those to beat"
    assert broken
    assert f"{len(broken)} of 4 baselines break movement<=0.02: {others}\n" in text
    marked = {line.split()[1] for line in text.splitlines() if "!" in line[1:]}
    assert marked == set(broken)
    assert "required" not in shown(capsys, "status", "met", "--archive", searched)


def test_an_entry_is_held_against_what_was_allowed(
    searched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = open_run(searched, "met")
    broken = next(e for e in found.baselines().values() if found.broken(e.values["search"]))
    text = shown(capsys, "show", f"met/{broken.number}", "--archive", searched)
    assert "breaks movement<=0.02 on search\n" in text
    (line,) = (line for line in text.splitlines() if "all of search" in line)
    lowest = min(e.values["search"]["error"] for e in found.to_beat("search").values())
    everyone = min(e.values["search"]["error"] for e in found.baselines().values())
    assert lowest > everyone
    assert f"({lowest:.4g})" in line
    about = document(capsys, "show", f"met/{broken.number}", "--archive", searched)
    assert about["breaks"]["search"] == ["movement<=0.02"]
    best = found.front("search")[0].number
    about = document(capsys, "show", f"met/{best}", "--archive", searched)
    assert about["breaks"]["search"] == []
    assert "breaks" not in document(capsys, "show", "free/1", "--archive", searched)
    assert "breaks" not in shown(capsys, "show", "free/1", "--archive", searched)


def test_a_watch_counts_nothing_that_breaks_them(
    searched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = shown(capsys, "watch", "never", "--archive", searched)
    assert "none meeting the requirements, hypervolume 0.0000 (baselines 0.0000)" in said
    assert "; error" not in said
    met = open_run(searched, "met")
    said = shown(capsys, "watch", "met", "--archive", searched)
    ours, theirs = met.hypervolume("search"), met.baseline_hypervolume("search")
    assert f"hypervolume {ours:.4f} (baselines {theirs:.4f})" in said
    lowest = min(e.values["search"]["error"] for e in met.to_beat("search").values())
    assert f"(baseline {lowest:.4g}" in said


def test_documents_say_it_per_row(searched: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["front", "never", "--archive", searched]
    front = document(capsys, *words)
    assert front["require"] == ["error<=0.001"]
    for row in (*front["entries"], *front["baselines"]):
        assert row["breaks"] == ["error<=0.001"]
    table = list(csv.DictReader(io.StringIO(shown(capsys, *words, "--format", "csv"))))
    assert {row["breaks"] for row in table} == {"error<=0.001"}
    status = document(capsys, "status", "never", "--archive", searched)
    assert status["breaking"] == {"error<=0.001": status["front"]}
    assert document(capsys, "status", "met", "--archive", searched)["breaking"] == {
        "movement<=0.02": 0
    }
    met = document(capsys, "front", "met", "--split", "search", "--archive", searched)
    assert [row["breaks"] for row in met["entries"]] == [[]] * len(met["entries"])


def test_runs_without_requirements_say_nothing_of_any(
    searched: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["front", "free"], ["front", "free", "--format", "csv"], ["status", "free"]):
        text = shown(capsys, *words, "--archive", searched)
        assert "break" not in text
        assert "!" not in text
        assert "requir" not in text
    for verb in ("front", "status"):
        text = json.dumps(document(capsys, verb, "free", "--archive", searched))
        assert not any(key in text for key in ('"breaks"', '"breaking"', '"require"'))
    report = reported(searched, "free")
    assert "equire" not in markdown(report)
    assert "breaks" not in json.dumps(report_document(report))


def test_a_report_says_it_of_every_member(searched: str) -> None:
    report = reported(searched, "met")
    text = markdown(report)
    sealed = text.partition("## Sealed workloads")[2].partition("\n## ")[0]
    rows = [line for line in sealed.splitlines() if line.startswith("| ")]
    assert rows[0].endswith(" | required |")
    claims = report.claims
    broken = [m for m in (*claims.baselines, *claims.front) if claims.broken(m)]
    assert sealed.count(r"| breaks movement\<=0.02 |") >= 1
    assert all(row.endswith((r"| breaks movement\<=0.02 |", "| met |")) for row in rows[1:])
    found = report_document(report)["sealed"]
    listed = [row["name"] for row in (*found["baselines"], *found["front"]) if row["breaks"]]
    assert listed == [m.name for m in broken]


def test_a_report_names_no_winner_that_was_not_allowed(searched: str) -> None:
    report = reported(searched, "never")
    text = markdown(report)
    assert r"**No winner**: nothing on the front meets error\<=0.001 on the selection" in text
    front = text.partition("## The front, on selection")[2].partition("\n## ")[0]
    rows = [line for line in front.splitlines() if line.startswith("| ")]
    assert all(row.endswith(r"| breaks error\<=0.001 |") for row in rows[2:])
    summary = report_document(report)["summary"]
    assert (summary["winner"], summary["is_shown"]) == (None, False)
    assert summary["hypervolume"] == summary["baseline_hypervolume"] == 0
    assert report.controls.volume("full") == 0


def test_a_winner_that_meets_them_is_held_against_what_was_allowed(searched: str) -> None:
    report = reported(searched, "won", QUIET)
    text = markdown(report)
    head = text.partition("## The question")[0]
    assert "2 of 3 baselines." in head
    assert r"volume, and cost\<=0.4 is met there, too; zero lies outside" in head
    assert "**Shown**" in head
    assert "| little | cost" in text
    assert r"| half (breaks cost\<=0.4) | cost" in text
    assert report.controls.volume("full") == report.claims.hypervolume
    baselines = report_document(report)["sealed"]["baselines"]
    assert {row["name"]: row["breaks"] for row in baselines} == {
        "half": ["cost<=0.4"], "little": [], "much": ["cost<=0.4"],
    }  # fmt: skip
