"""Do policies that act alike on one workload act alike on all? Read from a run's journal.

    adrs run expert_placement --seed 1 --evaluations 400 --name placement
    python -m tests.bench.inheritance runs placement

Prints for each workload how many policies would have inherited the scores of an earlier one that
acted alike there, how many of these act otherwise on another workload, and by how much the mean of
an exact objective would have been wrong at worst.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.store.places import store_at
from evaluators.contract import Score
from evolve.runs import open_run


@dataclass(frozen=True)
class Played:
    """One program: what it did on each workload, and its mean scores."""

    traces: Mapping[str, str]
    means: Mapping[str, float]


def programs(archive: str, name: str) -> list[Played]:
    """Every program that was scored on all workloads, each normal form once, by arrival."""
    exact = [o.name for o in open_run(archive, name).problem.objectives if o.kind == "exact"]
    found: dict[str, Played] = {}
    with store_at(archive).open(name) as journal:
        normal = {p.digest: p.normal_digest for p in journal.proposals()}
        for e in journal.evaluations():
            if (
                e.key.purpose == "search"
                and isinstance(e.outcome, Score)
                and not e.outcome.failures
            ):
                found.setdefault(normal[e.key.digest], Played(e.traces, means(e.outcome, exact)))
    return list(found.values())


def means(score: Score, names: list[str]) -> dict[str, float]:
    return {n: sum(score.values[n].values()) / len(score.values[n]) for n in names}


def heirs(played: list[Played], workload: str) -> Iterator[tuple[Played, Played]]:
    """(program, the first one that did the same on this workload), where there is one."""
    first: dict[str, Played] = {}
    for each in played:
        ancestor = first.setdefault(each.traces[workload], each)
        if ancestor is not each:
            yield each, ancestor


def error(heir: Played, ancestor: Played) -> float:
    return max(abs(heir.means[name] - ancestor.means[name]) for name in heir.means)


def main(archive: str, name: str) -> None:
    played = programs(archive, name)
    print(f"{len(played)} programs\n{'same on workload':<32} heirs  wrong  largest error")
    for workload in played[0].traces:
        pairs = list(heirs(played, workload))
        wrong = [error(h, a) for h, a in pairs if h.traces != a.traces]
        print(f"{workload:<32} {len(pairs):>5}  {len(wrong):>5}  {max(wrong, default=0.0):>13.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
