"""Whether searches pay across problems: python -m tests.bench.search_report FILE... [--plot FILE]

Reads rows of `tests.bench.skill` with curves, prints Markdown: for every problem what each arm's
search front covers of the sealed box after so many evaluations, then one interval over all
problems of what the full search has more than each control arm, and on which problem it has more
or less (sign-flip test over seeds, Holm over the problems). Rows of `tests.bench.foreign` are an
outside reference. All rows are of one q.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from evaluators.stats import SIGNIFICANCE, hierarchical, holm, permutation_p
from evolve.arms import PLAIN
from tests.bench.arms import EMBEDDED, FULL
from tests.bench.foreign import ARM as FOREIGN
from tests.bench.rows import Row, rows_of
from tests.bench.skill_report import difference, shown
from tests.bench.skill_report import report as tables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONTROLS = (*PLAIN, EMBEDDED)
SHOWN = 5  # points of a curve in its table
COLUMNS = 4  # of the picture
Pairs = tuple[list[float], list[float]]  # of the full search and of an arm, seed by seed


def report(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of the report."""
    yield from tables([r for r in rows if r["arm"] != FOREIGN])
    yield ""
    yield "## As evaluations go by"
    for problem in problems_of(rows):
        yield ""
        yield from _curve_table(problem, [r for r in rows if r["problem"] == problem])
    yield ""
    yield "## Over all problems"
    yield ""
    arms = present(rows, (*CONTROLS, FOREIGN))
    yield from _summary(rows, arms)
    yield ""
    yield from (f"- {_overall(rows, arm)}" for arm in arms)


def present(rows: Sequence[Row], arms: Sequence[str]) -> list[str]:
    """Those of the arms that have rows."""
    there = {r["arm"] for r in rows}
    return [a for a in arms if a in there]


def problems_of(rows: Sequence[Row]) -> list[str]:
    """In order of appearance."""
    return list(dict.fromkeys(r["problem"] for r in rows))


def paired(rows: Sequence[Row], arm: str) -> Mapping[str, Pairs]:
    """Sealed volumes by problem, of the seeds that both arms have."""
    found: dict[str, Pairs] = {}
    for problem in problems_of(rows):
        ours, theirs = (
            {r["seed"]: r["sealed_volume"] for r in rows
             if r["problem"] == problem and r["arm"] == a}
            for a in (FULL, arm)
        )  # fmt: skip
        if both := sorted(ours.keys() & theirs.keys()):
            found[problem] = [ours[k] for k in both], [theirs[k] for k in both]
    return found


def decided(pairs: Mapping[str, Pairs]) -> tuple[list[str], list[str]]:
    """The problems on which the full search is better, and worse, than the arm, beyond chance."""
    tested: dict[str, float] = {}
    for problem, (ours, theirs) in pairs.items():
        p = permutation_p(ours, theirs, range(len(ours)), np.random.default_rng(0))
        tested |= {problem: p} if p is not None else {}
    corrected = dict(zip(tested, holm(list(tested.values())), strict=True))
    beyond = [problem for problem, p in corrected.items() if p < SIGNIFICANCE]
    ahead = {problem: fmean(pairs[problem][0]) > fmean(pairs[problem][1]) for problem in beyond}
    return [p for p in beyond if ahead[p]], [p for p in beyond if not ahead[p]]


def curve_of(rows: Sequence[Row], arm: str) -> Mapping[int, list[float]]:
    """Evaluations -> sealed volumes of the arm's seeds, as far as all of them came."""
    curves = [dict(map(tuple, r["curve"])) for r in rows if r["arm"] == arm]
    common = set.intersection(*(set(c) for c in curves)) if curves else set()
    return {n: [c[n] for c in curves] for n in sorted(common)}


def plot(rows: Sequence[Row], path: Path) -> None:
    """The curves, a panel for each problem: means over seeds and their standard errors."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    problems = problems_of(rows)
    columns = min(COLUMNS, len(problems))
    lines = -(-len(problems) // columns)
    figure = Figure(figsize=(4 * columns, 3 * lines), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for axes, problem in zip(panels, problems, strict=False):
        _draw(axes, [r for r in rows if r["problem"] == problem])
        axes.set(title=problem, xlabel="evaluations", ylabel="share of the sealed box")
    for empty in panels[len(problems) :]:
        empty.axis("off")
    panels[0].legend()
    figure.savefig(path, dpi=80)


def _draw(axes: Axes, rows: Sequence[Row]) -> None:
    for arm in present(rows, (FULL, *CONTROLS)):
        points = curve_of(rows, arm)
        means = np.array([fmean(v) for v in points.values()])
        errors = np.array([np.std(v, ddof=1) / len(v) ** 0.5 for v in points.values()])
        axes.plot(list(points), means, label=arm)
        axes.fill_between(list(points), means - errors, means + errors, alpha=0.2)


def _curve_table(problem: str, rows: Sequence[Row]) -> Iterator[str]:
    curves = {arm: curve_of(rows, arm) for arm in present(rows, (FULL, *CONTROLS))}
    common = sorted(set.intersection(*(set(c) for c in curves.values())))
    step = max(1, len(common) // SHOWN)
    points = common[step - 1 :: step]
    yield f"| {problem}, after | {' | '.join(map(str, points))} evaluations |"
    yield f"|---|{'---:|' * len(points)}"
    for arm, curve in curves.items():
        yield f"| {arm} | {' | '.join(f'{fmean(curve[n]):.4f}' for n in points)} |"


def _summary(rows: Sequence[Row], arms: Sequence[str]) -> Iterator[str]:
    """Every problem in a line: what each arm covers of the sealed box, and the differences."""
    yield f"| problem | {' | '.join((FULL, *arms))} | {' | '.join(f'{FULL} - {a}' for a in arms)} |"
    yield f"|---|{'---:|' * (1 + len(arms))}{'---|' * len(arms)}"
    for problem in problems_of(rows):
        own = [r for r in rows if r["problem"] == problem]
        volumes = [_mean_volume(own, arm) for arm in (FULL, *arms)]
        differences = [shown(difference(own, arm)) for arm in arms]
        yield f"| {' | '.join((problem, *volumes, *differences))} |"


def _mean_volume(rows: Sequence[Row], arm: str) -> str:
    own = [r["sealed_volume"] for r in rows if r["arm"] == arm]
    return f"{fmean(own):.4f}" if own else ""


def _overall(rows: Sequence[Row], arm: str) -> str:
    pairs = paired(rows, arm)
    if not pairs:
        return f"nothing to compare with {arm}"
    gains = [[a - b for a, b in zip(*both, strict=True)] for both in pairs.values()]
    found = hierarchical(gains, np.random.default_rng(0))
    bounds = "" if found.low is None else f" [{found.low:+.4f}, {found.high:+.4f}]"
    note = f" ({found.note})" if found.note else ""
    better, worse = (", ".join(problems) or "none" for problems in decided(pairs))
    mean = f"full - {arm}: {found.estimate:+.4f}{bounds}{note}"
    return f"{mean}; better on: {better}; worse on: {worse}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    rows = [row for path in options.files for row in rows_of(path)]
    for line in report(rows):
        print(line)
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
