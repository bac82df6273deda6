"""Whether the search was worth its calls: python -m tests.bench.skill_report FILE...

Reads rows of `tests.bench.skill`, prints Markdown: for every q how much more of the box on sealed
workloads the full search covers than each other arm after as many calls, the mean over the seeds
that both have, with a 95 % bootstrap interval over seeds. Worth its calls it was only if the
intervals against both plain arms lie above zero.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from evaluators.stats import Interval, paired_difference
from evolve.arms import PLAIN
from evolve.controls import difference_words
from tests.bench.arms import ARMS, FULL
from tests.bench.rows import Row, rows_of


def report(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of the report, one table and one sentence per q for every problem."""
    for searched in dict.fromkeys(map(_searched, rows)):
        of_problem = [r for r in rows if _searched(r) == searched]
        yield f"## {searched}"
        for q in sorted({r["q"] for r in of_problem}):
            yield ""
            yield from _section(q, [r for r in of_problem if r["q"] == q])


def difference(rows: Sequence[Row], arm: str) -> Interval | None:
    """Full less `arm`, seed by seed; None when no seed has both."""
    by_seed = [{r["seed"]: r["sealed_volume"] for r in rows if r["arm"] == a} for a in (FULL, arm)]
    seeds = sorted(by_seed[0].keys() & by_seed[1].keys())
    if not seeds:
        return None
    full, other = ([volumes[s] for s in seeds] for volumes in by_seed)
    return paired_difference(full, other, seeds, np.random.default_rng(0))


def verdict(q: float, rows: Sequence[Row]) -> str:
    """One sentence; what is not shown to be worth it is not, unless too little was played."""
    against = {arm: difference(rows, arm) for arm in PLAIN}
    lows = [d.low if d else None for d in against.values()]
    word = "was" if all(low is not None and low > 0 for low in lows) else "was not"
    words = "is not known to have been" if None in lows else word
    reasons = [f"{shown(d)} against {arm}" for arm, d in against.items()]
    return f"At q = {q:g} the search {words} worth its calls: {', '.join(reasons)}."


def _section(q: float, rows: Sequence[Row]) -> Iterator[str]:
    yield "| q | arm | seeds | volume, sealed | evaluations | rungs | full - arm |"
    yield "|---|---|---|---|---|---|---|"
    for arm in (a for a in ARMS if any(r["arm"] == a for r in rows)):
        own = [r for r in rows if r["arm"] == arm]
        means = " | ".join(
            f"{fmean(r[key] for r in own):{form}}"
            for key, form in (("sealed_volume", ".4f"), ("evaluations", ".0f"), ("rungs", ".1f"))
        )
        less = "" if arm == FULL else shown(difference(rows, arm))
        yield f"| {q:g} | {arm} | {len(own)} | {means} | {less} |"
    yield ""
    yield verdict(q, rows)


def shown(d: Interval | None) -> str:
    """A difference with its interval."""
    return "nothing to compare" if d is None else difference_words(d)


def _searched(row: Row) -> str:
    """What the searches of a row had in common with those it may be compared with."""
    parameters = "".join(f", {k}={v}" for k, v in row["parameters"].items())
    counts = ", ".join(f"{n} {split}" for split, n in row["workloads"].items())
    calls, most = row["calls"], row.get("most_evaluations", row["calls"])  # older rows: the same
    budget = f"{calls} calls" if most == calls else f"{most} evaluations, {calls} calls"
    return f"{row['problem']}{parameters}: {budget}; {counts} workloads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    for line in report([row for path in options.files for row in rows_of(path)]):
        print(line)


if __name__ == "__main__":
    main()
