from pathlib import Path

import pytest

from evolve.cli.main import main
from evolve.runs import open_run


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The two lines of a refusal."""
    assert main(words) == 2
    return capsys.readouterr().err.splitlines()


def test_a_run_is_drawn_over_the_axes_that_are_named(archive: str, tmp_path: Path) -> None:
    file = tmp_path / "queues.svg"
    words = ["--objectives", "mean_wait_1,mean_wait_0", "--split", "search", "--archive", archive]
    assert main(["plot", "queues", "-o", str(file), *words]) == 0
    svg = file.read_text(encoding="utf-8")
    for words_shown in (
        "queues: two_queues", "mean_wait_0, s (lower", "mean_wait_1, s (lower", "oldest",
        "Front on the search workloads",
    ):  # fmt: skip
        assert words_shown in svg


def test_growth_ends_at_the_runs_hypervolume(archive: str) -> None:
    run = open_run(archive, "queues")
    growth = run.progress()
    assert growth[-1].hypervolume == pytest.approx(run.hypervolume("search"))
    assert growth[-1].evaluations == 40
    volumes = [p.hypervolume for p in growth]
    assert volumes == sorted(volumes)


@pytest.mark.parametrize(
    ("objectives", "line"),
    [
        ("mean_wait_0,mean_wait_2", "adrs: unknown objective 'mean_wait_2'"),
        ("mean_wait_0", "adrs: a front is drawn over two objectives"),
        ("mean_wait_0,mean_wait_0", "adrs: a front is drawn over two objectives"),
    ],
)
def test_objectives_that_are_none(
    archive: str, capsys: pytest.CaptureFixture[str], objectives: str, line: str
) -> None:
    words = ("plot", "queues", "-o", "x.png", "--objectives", objectives, "--archive", archive)
    lines = refused(capsys, *words)
    assert lines[0] == line
    assert len(lines) == 2
