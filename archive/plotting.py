"""Draws a run: its front, how its hypervolume grew, and where its best entries come from.

matplotlib is imported when something is drawn; it comes with the extra `plot`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.entry import Entry
from archive.lineage import ancestors
from archive.progress import Progress
from evaluators.contract import Objective, Split
from evaluators.errors import UsageError
from evaluators.scoring import loss
from evaluators.writing import writing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation
    from matplotlib.transforms import Bbox

FORMATS = (".png", ".svg")
_BLUE, _ORANGE, _GREEN, _PURPLE, _RED = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00"
_GREY = "#B8B8B8"  # with the five above: Okabe and Ito's palette, told apart by the colour-blind
_DASHED = (0, (5, 3))
_DOTS_PER_INCH = 130
_STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "adrs",  # ids in SVG: the same run gives the same file
}
_LABEL_SHIFTS = tuple((x, y) for y in (5, -12, 20, -27, 35, -42) for x in (7, -7))  # points


@dataclass(frozen=True)
class Picture:
    """What is drawn of a run."""

    title: str
    objectives: tuple[Objective, Objective]  # of the front's axes, x and y
    split: Split  # of the front
    front: Sequence[Entry]
    entries: Sequence[Entry]
    baselines: Mapping[str, Entry]
    limits: Mapping[str, float]  # of objectives that have one, on the split
    progress: Sequence[Progress]  # on the search workloads
    baseline_hypervolume: float
    best: Mapping[str, Entry]  # what is best about it -> the entry whose lineage is drawn

    @property
    def is_paid(self) -> bool:
        """Whether calls to models cost anything."""
        return bool(self.progress) and self.progress[-1].usd > 0


def draw(picture: Picture, file: Path) -> None:
    """Write the picture as PNG or SVG, as the file's name ends.

    Raises:
        UsageError: another ending, matplotlib is missing, the file cannot be written.
    """
    if file.suffix not in FORMATS:
        raise UsageError(f"{file}: no format of that name", f"end it in {' or '.join(FORMATS)}")
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise UsageError(
            "pictures need matplotlib, which is not installed", "pip install 'adrs[plot]'"
        ) from error
    with matplotlib.rc_context(_STYLE), writing(file):
        drawn(picture).savefig(file, dpi=_DOTS_PER_INCH, metadata=_undated(file))


def _undated(file: Path) -> dict[str, Any]:
    """Nothing of the day in the file: the same run gives the same picture."""
    return {"Date": None} if file.suffix == ".svg" else {}


def drawn(picture: Picture) -> Figure:
    """The picture before it is written."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 9.0), layout="constrained")
    figure.suptitle(picture.title, fontsize=11)
    axes = figure.subplot_mosaic("FE;LD" if picture.is_paid else "FE;LL")
    _draw_front(axes["F"], picture)
    _draw_growth(axes["E"], picture, "evaluations", lambda p: p.evaluations)
    if picture.is_paid:
        _draw_growth(axes["D"], picture, "US$ paid for models", lambda p: p.usd)
    _draw_lineage(axes["L"], picture)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # as it lies now: labels are placed on it
    for each in axes.values():
        _place_labels(each)
    return figure


# -- the front ---------------------------------------------------------------------------------


def _draw_front(axes: Axes, picture: Picture) -> None:
    x, y = picture.objectives
    split = picture.split
    scored = [e for e in picture.entries if split in e.values]
    axes.scatter(*_points(scored, x, y, split), s=9, color=_GREY, label="other entries", zorder=1)
    front = sorted(picture.front, key=lambda e: e.values[split][x.name])
    axes.scatter(*_points(front, x, y, split), s=30, color=_BLUE, label="front", zorder=3)
    axes.plot(*_staircase(front, x, y, split), color=_BLUE, linewidth=0.9, zorder=2)
    known = {name: e for name, e in picture.baselines.items() if split in e.values}
    points = _points(list(known.values()), x, y, split)
    axes.scatter(*points, s=42, marker="D", color=_ORANGE, label="baselines", zorder=4)
    for name, *point in zip(known, *points, strict=True):
        _label(axes, name, point)
    _draw_limits(axes, picture)
    axes.set_title(f"Front on the {split} workloads")
    axes.set_xlabel(_words(x))
    axes.set_ylabel(_words(y))
    _legend(axes)


def _draw_limits(axes: Axes, picture: Picture) -> None:
    x, y = (picture.limits.get(o.name) for o in picture.objectives)
    if x is not None:
        axes.axvline(x, label="limit", color=_RED, linewidth=1.0, linestyle=_DASHED, zorder=0)
    if y is not None:
        label = "limit" if x is None else None
        axes.axhline(y, label=label, color=_RED, linewidth=1.0, linestyle=_DASHED, zorder=0)


def _points(
    entries: Sequence[Entry], x: Objective, y: Objective, split: Split
) -> tuple[list[float], list[float]]:
    values = [e.values[split] for e in entries]
    return [v[x.name] for v in values], [v[y.name] for v in values]


def _staircase(
    front: Sequence[Entry], x: Objective, y: Objective, split: Split
) -> tuple[list[float], list[float]]:
    """The corners of what the front dominates in these two objectives alone."""
    best_y = None
    corners: list[tuple[float, float]] = []
    points = zip(*_points(front, x, y, split), strict=True)
    for px, py in sorted(points, key=lambda p: (loss(x, p[0]), loss(y, p[1]))):
        if best_y is None or loss(y, py) < loss(y, best_y):
            corners += [(px, py)] if best_y is None else [(px, best_y), (px, py)]
            best_y = py
    return [p[0] for p in corners], [p[1] for p in corners]


def _words(objective: Objective) -> str:
    unit = f", {objective.unit}" if objective.unit not in ("", "1") else ""
    return f"{objective.name}{unit} ({objective.better} is better)"


# -- the hypervolume ---------------------------------------------------------------------------


def _draw_growth(axes: Axes, picture: Picture, label: str, of: Callable[[Progress], float]) -> None:
    volumes = [p.hypervolume for p in picture.progress]
    baseline = picture.baseline_hypervolume
    axes.step([of(p) for p in picture.progress], volumes, where="post", color=_BLUE, label="run")
    axes.axhline(baseline, color=_ORANGE, linestyle=_DASHED, linewidth=1.2, label="baselines alone")
    axes.set_title(f"Hypervolume against {label.partition(' paid')[0]}, search workloads")
    axes.set_xlabel(label)
    axes.set_ylabel("hypervolume, share of the box from reference to limit")
    top = max([baseline, *volumes])
    low = min(baseline, volumes[-1] if volumes else 0.0)  # the ascent to the baselines is not shown
    margin = 0.3 * (top - low) + 0.005
    axes.set_ylim(max(0.0, low - margin), top + margin)
    axes.legend(loc="lower right")


# -- the lineage -------------------------------------------------------------------------------

_KINDS = {  # how an entry's proposer begins -> what it is called, and its colour
    "seed/": ("baseline", _ORANGE),
    "syntax/": ("change of the syntax tree", _BLUE),
    "constants": ("tuned constants", _GREEN),
    "": ("model, person or crossover", _PURPLE),
}


def _draw_lineage(axes: Axes, picture: Picture) -> None:
    """The ancestors of the best entries: when each was proposed, and how good it was."""
    objective = picture.objectives[0]
    shown = {
        e.number: e
        for one in picture.best.values()
        for e in ancestors(one, picture.entries)
        if "search" in e.values
    }
    height = {n: e.values["search"][objective.name] for n, e in shown.items()}
    for n, entry in shown.items():
        for parent in entry.proposal.parents:
            if parent in shown:
                ends = ([parent, n], [height[parent], height[n]])
                axes.plot(*ends, color=_GREY, linewidth=1.1, zorder=1)
    for name, colour, numbers in _by_kind(shown):
        heights = [height[n] for n in numbers]
        axes.scatter(numbers, heights, s=36, color=colour, label=name, zorder=2)
    for number, words in _named(picture, shown):
        _label(axes, words, (number, height[number]))
    axes.set_title("Lineage of the best entries")
    axes.set_xlabel("entry, numbered as proposed")
    axes.set_ylabel(_words(objective))
    axes.margins(x=0.12, y=0.15)
    _legend(axes)


def _by_kind(shown: Mapping[int, Entry]) -> Iterator[tuple[str, str, list[int]]]:
    left = dict(shown)
    for beginning, (name, colour) in _KINDS.items():
        numbers = [n for n, e in left.items() if e.proposal.proposer.startswith(beginning)]
        if numbers:
            yield name, colour, numbers
        for n in numbers:
            del left[n]


def _named(picture: Picture, shown: Mapping[int, Entry]) -> Iterator[tuple[int, str]]:
    """What is written beside entries: names of baselines, and what the best are best at."""
    praise: dict[int, list[str]] = {}
    for what, entry in picture.best.items():
        praise.setdefault(entry.number, []).append(what)
    for n, entry in shown.items():
        name = entry.proposal.proposer.removeprefix("seed/")
        if n in praise:
            yield n, f"{n}: best {', '.join(praise[n])}"
        elif name != entry.proposal.proposer:
            yield n, name


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best")


# -- labels ------------------------------------------------------------------------------------


def _label(axes: Axes, words: str, point: Sequence[float]) -> None:
    leader = {"arrowstyle": "-", "color": _GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
    axes.annotate(
        words, (point[0], point[1]), (0, 0), textcoords="offset points", fontsize=7.5,
        arrowprops=leader, zorder=5,
    )  # fmt: skip


def _place_labels(axes: Axes) -> None:
    """Move every label to the first place around its point where it covers nothing."""
    from matplotlib.text import Annotation

    placed: list[Bbox] = []
    for label in (t for t in axes.texts if isinstance(t, Annotation)):
        shift = min(_LABEL_SHIFTS, key=lambda s: _covered(axes, _moved(label, s), placed))
        placed.append(_moved(label, shift))


def _moved(label: Annotation, shift: tuple[int, int]) -> Bbox:
    """Where the label lies on the canvas, moved away from its point by so many points."""
    from matplotlib.text import Text

    label.set_position(shift)
    label.set_horizontalalignment("left" if shift[0] > 0 else "right")
    return Text.get_window_extent(label).padded(3.0)  # without the leader


def _covered(axes: Axes, box: Bbox, placed: Sequence[Bbox]) -> int:
    """How many labels and marks a label would lie on; the frame counts for many."""
    frame = axes.get_window_extent()
    marks = [axes.transData.transform(c.get_offsets()) for c in axes.collections]
    covered = sum(int(box.count_contains(m)) for m in marks) + int(box.count_overlaps(placed))
    is_inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0
    return covered if is_inside else covered + 1000
