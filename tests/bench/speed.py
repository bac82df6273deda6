"""Re-measures decision time in fresh children: python -m tests.bench.speed RUN [--archive DIR]

The front of a run and the baselines each alternate with the reference policy, every workload in a
child of its own; printed are the medians over the rounds, as ratios to the reference policy.
"""

from __future__ import annotations

import argparse
from contextlib import closing

from archive.library import aggregated
from evaluators.contract import Failure
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evolve.runs import open_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--archive", default="runs")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    run = open_run(options.archive, options.run)
    measured = [o for o in run.problem.objectives if o.kind == "measured"]
    sources = {f"baseline {n}": p.source for n, p in run.problem.baselines().items()}
    sources |= {f"{e.number} {e.proposal.proposer}": e.proposal.source for e in run.front()}
    with closing(LocalExecutor(run.settings.problem)) as executor:
        jobs = {
            name: executor.submit(Job(source, "search", "time", options.rounds))
            for name, source in sources.items()
        }
        for name, future in jobs.items():
            outcome = future.result().outcome
            if isinstance(outcome, Failure) or outcome.failures:
                print(f"{name:<44} failed")
                continue
            values = aggregated(run.problem, "search", outcome)
            exact = [o for o in run.problem.objectives if o.kind == "exact"]
            shown = [f"{o.name} {values[o.name]:.4g}" for o in [*measured, *exact]]
            print(f"{name:<44} {'  '.join(shown)}")


if __name__ == "__main__":
    main()
