"""Runs in a list, and one run's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evolve.cli.documents import problem_document
from evolve.cli.wording import figure
from evolve.state import failure_kinds

if TYPE_CHECKING:
    from evolve.run import Run


def status_document(run: Run) -> dict[str, Any]:
    """One run's state as JSON data."""
    entries = run.entries()
    failed = [e.outcome for e in entries if e.decision == "failed"]
    return {
        "run": run.name,
        "problem": problem_document(run.problem),
        "stopped": run.stopped,
        "seed": run.settings.seed,
        "exact": run.settings.exact,
        "entries": len(entries),
        "decisions": dict(Counter(e.decision for e in entries)),
        "failures": dict(Counter(kind for o in failed for kind in failure_kinds(o))),
        "front": len(run.front("search")),
        "hypervolume": run.hypervolume("search"),
        "baseline_hypervolume": run.baseline_hypervolume("search"),
    }


def status_page(run: Run) -> str:
    """The same for people."""
    about = status_document(run)
    problem = about["problem"]
    return "\n".join(
        [
            f"{run.name}: {problem['name']} version {problem['version']}, seed {about['seed']}"
            + (", exact" if about["exact"] else ""),
            f"stopped      {about['stopped']}",
            f"entries      {about['entries']} ({_counts(about['decisions'])})",
            f"failures     {_counts(about['failures'])}",
            f"front        {about['front']} on the search workloads",
            f"hypervolume  {figure(about['hypervolume'])}, "
            f"the baselines' own {figure(about['baseline_hypervolume'])}",
        ]
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "none"
