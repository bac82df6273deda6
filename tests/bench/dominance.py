"""Which baselines a run's front dominates on the sealed split: python -m tests.bench.dominance RUN

For each baseline, the entry of the selection front that is at least as good in every exact
objective and better by most steps of the resolution; with the paired difference in each objective
(positive is better) and its 95 % bootstrap interval by cluster. Baselines that no entry dominates
beyond the resolution are named too.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np

from archive.library import aggregated
from evaluators.comparison import contrasts
from evaluators.contract import Objective, Policy, Score, Workload
from evaluators.scoring import is_clean, loss
from evaluators.stats import Interval
from evolve.runs import open_run
from evolve.search import evaluate


def steps(objective: Objective, found: float, baseline: float) -> float:
    """By how many steps of the resolution `found` is better."""
    return (loss(objective, baseline) - loss(objective, found)) / objective.resolution


def gain(
    objective: Objective, workloads: list[Workload], found: Score, baseline: Score
) -> Interval:
    """The paired difference over the workloads; positive is better."""
    pair = (found, baseline) if objective.better == "higher" else (baseline, found)
    return contrasts([objective], workloads, *pair, np.random.default_rng(0))[0].difference


def shown(interval: Interval) -> str:
    """The estimate with its interval, or with why there is none."""
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:+.4f} ({interval.note})"
    between = f"[{interval.low:+.4f}, {interval.high:+.4f}]"
    return f"{interval.estimate:+.4f} {between} over {interval.clusters} clusters"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--archive", default="runs")
    options = parser.parse_args()
    run = open_run(options.archive, options.run)
    exact = [o for o in run.problem.objectives if o.kind == "exact"]
    workloads = list(run.problem.workloads("sealed"))
    baselines = list(run.problem.baselines().values())
    found = [Policy(str(e.number), e.proposal.source) for e in run.front()]
    reports = evaluate(run.settings.problem, baselines + found, "sealed")
    scores = {
        p.name: r.outcome
        for p, r in zip(baselines + found, reports, strict=True)
        if isinstance(r.outcome, Score) and is_clean(r.outcome)
    }
    means = {name: aggregated(run.problem, "sealed", score) for name, score in scores.items()}

    def better_by(name: str, baseline: str) -> Mapping[str, float]:
        return {o.name: steps(o, means[name][o.name], means[baseline][o.name]) for o in exact}

    for baseline in baselines:
        by = {p.name: better_by(p.name, baseline.name) for p in found if p.name in scores}
        dominating = {n: s for n, s in by.items() if min(s.values()) >= 0 and max(s.values()) >= 1}
        if not dominating:
            print(f"{baseline.name}: dominated by none beyond the resolution")
            continue
        best = max(dominating, key=lambda n: sum(dominating[n].values()))
        print(f"{baseline.name}: dominated by {len(dominating)}; most by {run.name}/{best}")
        for o in exact:
            d = gain(o, workloads, scores[best], scores[baseline.name])
            print(f"    {o.name:<18} {shown(d)}")


if __name__ == "__main__":
    main()
