"""Runs in a list, and one run's state."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from archive.constraint import breaking_words
from archive.library import Library, RunStatus
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.cli.flags import archive_words
from evolve.cli.wording import figure
from evolve.race_words import race_words

if TYPE_CHECKING:
    from evaluators.contract import Split
    from evolve.found import Found
    from evolve.runs import Run


def run_rows(archive: str) -> tuple[list[dict[str, Any]], list[UsageError]]:
    """A row per run that can be read, and what is wrong with each of the others."""
    library = Library(archive)
    found, damaged = library.statuses()
    rows = []
    for status in sorted(found, key=attrgetter("started_at")):
        try:
            rows.append(_row(status, library.store.size_bytes(status.name)))
        except UsageError as error:  # it has gone meanwhile, say
            damaged.append(error)
    return rows, damaged


def _row(status: RunStatus, size_bytes: int) -> dict[str, Any]:
    return {
        "run": status.name,
        "problem": status.problem,
        "version": status.version,
        "evaluated": status.evaluated,
        "joined": status.joined,
        "tokens": status.spent.tokens,
        "usd": str(status.spent.usd),
        "started": status.started_at[:19],
        "stopped": status.stopped,
        "size_bytes": size_bytes,
    }


def latest_run(archive: str) -> str:
    """The run that was started last. Raises UsageError when there is none."""
    found, _ = Library(archive).statuses()
    if not found:
        raise UsageError(f"no run in {store_at(archive).place}", "start one: adrs run PROBLEM")
    return max(found, key=attrgetter("started_at")).name


def status_document(run: Run, archive: str) -> dict[str, Any]:
    """One run's state as JSON data."""
    decisions = run.decisions()
    return {
        "run": run.name,
        "problem": run.identity,
        "stopped": Library(archive).stopped(run.name),
        "seed": run.settings.seed,
        "exact": run.settings.exact,
        "entries": sum(decisions.values()),
        "decisions": dict(decisions),
        "failures": dict(run.failures()),
        "front": len(run.front("search")),
        **_breaking(run),
        "hypervolume": run.hypervolume("search"),
        "baseline_hypervolume": run.baseline_hypervolume("search"),
        "race": dict(run.raced()) or None,
        "rescored": list(run.rescores()),
        "tickets": list(run.tickets()),
        "spending": spending_document(run),
    }


def _breaking(run: Run) -> dict[str, Any]:
    """How many of the search front break each requirement; nothing where nothing is required."""
    required = run.constraints()
    if not required:
        return {}
    points = [e.values["search"] for e in run.front("search")]
    return {"breaking": {c.text: sum(c.violation(p) > 0 for p in points) for c in required}}


def spending_document(run: Run) -> dict[str, Any]:
    """What calls to models came to."""
    spent = run.spending()
    return {
        "calls": spent.calls,
        "ends": dict(spent.ends),
        "tokens": spent.known.tokens,
        "usd": str(spent.known.usd),
        "unknown_tokens": spent.unknown.tokens,
        "unknown_usd": str(spent.unknown.usd),
        "failures": dict(spent.failures),
        "no_answers": dict(spent.no_answers),
    }


def rescored_words(found: Found, where: str = "") -> str:
    """By which versions a front was scored anew, and how to see it; empty when by none."""
    versions = dict.fromkeys(str(identity["version"]) for identity in found.rescores())
    if not versions:
        return ""
    return f"by version {', '.join(versions)} of the problem: adrs rescore {found.name}{where}"


def front_breaks(found: Found, split: Split) -> str:
    """How many of the front break what is required, in words; empty when none does."""
    required = found.constraints()
    points = [e.values[split] for e in found.front(split)] if required else []
    return breaking_words(required, points, "on this front")


def status_page(run: Run, archive: str) -> str:
    """The same for people."""
    about = status_document(run, archive)
    problem = about["problem"]
    return "\n".join(
        [
            f"{run.name}: {problem['name']} version {problem['version']}, seed {about['seed']}"
            + (", exact" if about["exact"] else ""),
            f"stopped      {about['stopped']}",
            f"entries      {about['entries']} ({_counts(about['decisions'])})",
            f"failures     {_counts(about['failures'])}",
            f"front        {about['front']} on the search workloads",
            *_required_lines(run),
            f"hypervolume  {figure(about['hypervolume'])}, "
            f"the baselines' own {figure(about['baseline_hypervolume'])}",
            *_race_lines(run),
            *_rescored_lines(run, archive),
            *_ticket_lines(run, archive),
            *_spending_lines(run),
        ]
    )


def _race_lines(run: Run) -> list[str]:
    words = race_words(run.raced())
    return [f"race         {words}"] if words else []


def _required_lines(run: Run) -> list[str]:
    words = front_breaks(run, "search")
    return [f"required     {words}"] if words else []


def _rescored_lines(run: Run, archive: str) -> list[str]:
    words = rescored_words(run, archive_words(archive))
    return [f"rescored     {words}"] if words else []


def _ticket_lines(run: Run, archive: str) -> list[str]:
    """The prompts that wait for people."""
    names = ", ".join(run.tickets())
    where = archive_words(archive)
    return [f"tickets      {names}: adrs ask {run.name}{where}"] if names else []


def _spending_lines(run: Run) -> list[str]:
    """What models were asked and what that came to; nothing for a run without any."""
    spent = run.spending()
    if not run.settings.model.names:
        return []
    known, unknown, settings = spent.known, spent.unknown, run.settings
    lines = [
        f"calls        {spent.calls} ({_counts(spent.ends)})",
        f"spent        {known.tokens} tokens{_of(settings.tokens)},"
        f" ${known.usd}{_of(settings.usd)}",
    ]
    if unknown.tokens:
        lines.append(f"unknown      at most {unknown.tokens} tokens, ${unknown.usd}")
    lines += [f"failed       {n} x {reason}" for reason, n in sorted(spent.failures.items())]
    lines += [f"no answer    {n} x {reason}" for reason, n in sorted(spent.no_answers.items())]
    return lines


def _of(limit: object) -> str:
    return "" if limit is None else f" of {limit}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "none"
