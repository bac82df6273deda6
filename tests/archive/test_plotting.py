"""Pictures of runs: what is on them, and that it can be read."""

import itertools
import sys
from dataclasses import replace

import pytest
from matplotlib.text import Text

from archive.plotting import Picture, draw, drawn
from archive.progress import Progress
from evaluators.contract import Objective
from evaluators.errors import UsageError
from tests.archive.making import entry

SPEED = Objective("speed", "m/s", "higher", "exact", reference=0.0, worst=0.0, resolution=0.01)
COST = Objective("cost", "", "lower", "exact", reference=1.0, worst=1.0, resolution=0.01)
BASELINES = ("first_come_first_served", "shortest_first", "round_robin", "earliest_deadline_first")


def run_entries():
    """Four baselines close together, and a chain of children that get better."""
    found = []
    for n, name in enumerate(BASELINES, start=1):
        one = entry(n, {"speed": 0.5 + 0.01 * n, "cost": 0.5 + 0.004 * n})
        found.append(replace(one, proposal=replace(one.proposal, proposer=f"seed/{name}")))
    for n, proposer in enumerate(["constants", "syntax/swap", "model/x", "crossover"], start=5):
        one = entry(n, {"speed": 0.1 * n, "cost": 0.06 * n}, parents=(1, n - 1))
        found.append(replace(one, proposal=replace(one.proposal, proposer=proposer)))
    return found


def picture(usd=0.0, **changed):
    entries = run_entries()
    plain = Picture(
        title="r1: sum version 1",
        objectives=(SPEED, COST),
        split="search",
        front=entries[4:],
        entries=entries,
        baselines=dict(zip(BASELINES, entries, strict=False)),
        limits={"speed": 1.0, "cost": 0.0},
        progress=[Progress(n, usd * n, 0.1 * n) for n in range(1, 9)],
        baseline_hypervolume=0.35,
        best={"speed": entries[-1], "cost": entries[4]},
    )
    return replace(plain, **changed)


@pytest.fixture(scope="module")
def svg(tmp_path_factory):
    """The picture of a run that was paid for."""
    file = tmp_path_factory.mktemp("pictures") / "run.svg"
    draw(picture(usd=0.125), file)
    return file.read_text(encoding="utf-8")


def test_axes_have_units_and_say_what_is_better(svg):
    for words in (
        "r1: sum version 1", "speed, m/s (higher is better)", "cost (lower is better)",
        "Front on the search workloads", "evaluations", "US$ paid for models", "baselines alone",
        "limit", *BASELINES, "8: best speed", "5: best cost", "tuned constants",
    ):  # fmt: skip
        assert words in svg, words


def test_the_same_run_gives_the_same_file(tmp_path, svg):
    draw(picture(usd=0.125), tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == svg


def test_a_png_is_one(tmp_path):
    draw(picture(), tmp_path / "run.png")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_labels_cover_neither_each_other_nor_marks():
    for axes in drawn(picture()).axes:
        boxes = [Text.get_window_extent(t) for t in axes.texts]
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
        marks = [axes.transData.transform(c.get_offsets()) for c in axes.collections]
        assert not any(b.count_contains(m) for b in boxes for m in marks)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "changed",
    [
        {"entries": [], "front": [], "best": {}, "baselines": {}, "progress": [], "limits": {}},
        {"split": "selection", "front": [], "best": {}},  # nothing was played there yet
    ],
    ids=["an empty run", "nothing on selection"],
)
def test_a_run_that_has_found_little_is_drawn_too(changed):
    titles = [axes.get_title() for axes in drawn(picture(**changed)).axes]
    assert "Lineage of the best entries" in titles
    assert not any("US$" in title for title in titles)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(UsageError) as caught:
        draw(picture(), tmp_path / "run.gif")
    assert caught.value.hint == "end it in .png or .svg"


def test_a_folder_that_is_not_there_is_the_users_fault(tmp_path):
    with pytest.raises(UsageError, match="No such file or directory"):
        draw(picture(), tmp_path / "nowhere" / "run.svg")


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UsageError) as caught:
        draw(picture(), tmp_path / "run.svg")
    assert caught.value.hint == "pip install 'adrs[plot]'"
