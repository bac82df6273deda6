"""The report as Markdown: what was asked, what it cost, what was found, whether it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from archive.entry import num_evaluated
from archive.export.reduction import Reduced
from archive.wording import figure
from evaluators.contract import SPLITS, Bound
from evaluators.scoring import limit_of_split, loss
from evolve.controls import Controls
from evolve.race_words import race_words
from evolve.report.claims import Claims, Member
from evolve.report.command import command_of
from evolve.report.controls import controls_section
from evolve.report.robustness import robustness_section
from evolve.report.summary import summary_section
from evolve.report.winner import winner_section
from evolve.report.writing import (
    fenced,
    interval_of,
    named,
    reason_of,
    required_cells,
    signed,
    table,
    text_of,
)
from evolve.runs import Run
from evolve.sheet import Sheet
from evolve.versions import changed


@dataclass(frozen=True)
class Report:
    """What is written down.

    `reduced`: the winner's policy without what it does not need. `controls`: what other arms found
    in this archive under the same budget. `noise_floors`: measured objective -> the relative
    difference that equals show on this machine, where that was measured. `sheet`: the winner under
    other settings of the problem, if that was asked for.
    """

    run: Run
    claims: Claims
    reduced: Reduced | None
    controls: Controls
    noise_floors: Mapping[str, float]
    sheet: Sheet | None = None

    @cached_property
    def limits(self) -> Mapping[str, Bound | None]:
        """Of each objective, on sealed."""
        workloads = self.run.problem.workloads("sealed")
        objectives = self.run.problem.objectives
        return {o.name: limit_of_split(self.run.problem, o, workloads) for o in objectives}


def markdown(report: Report) -> str:
    """The whole report."""
    sections = (
        _summary, _question, _budget, _front, _sealed, _winner, _robustness, _controls,
        _reproduction,
    )  # fmt: skip
    return "".join(f"{line}\n" for line in chain.from_iterable((*s(report), "") for s in sections))


# -- the sections ------------------------------------------------------------------------------


def _summary(report: Report) -> Iterable[str]:
    return summary_section(report.run, report.claims)


def _question(report: Report) -> Iterable[str]:
    problem, settings = report.run.problem, report.run.settings
    yield "## The question"
    yield ""
    yield f"{text_of(problem.name)} version {problem.version}; entry `{problem.signature.entry}`."
    given = dict(settings.problem.parameters)
    if settings.problem.workload_file:
        given["workload"] = settings.problem.workload_file
    if given:
        yield f"Given: {', '.join(f'{k} = {text_of(str(v))}' for k, v in given.items())}."
    if settings.require:
        yield f"Required: {', '.join(map(text_of, settings.require))}."
    yield ""
    yield from table(
        ("objective", "unit", "kind", "reference", "limit, sealed", "smallest that matters"),
        [
            (
                named(o), o.unit, o.kind, figure(o.reference),
                _limit(report.limits[o.name]), figure(o.resolution),
            )
            for o in problem.objectives
        ],
    )  # fmt: skip
    yield ""
    for split in SPLITS:
        workloads = problem.workloads(split)
        clusters = len({w.cluster for w in workloads})
        yield f"- {split}: {len(workloads)} workloads in {clusters} clusters"


def _budget(report: Report) -> Iterable[str]:
    run = report.run
    decisions, spending = run.decisions(), run.spending()
    evaluated = num_evaluated(decisions, run.failures())
    failures = ", ".join(f"{n} {kind}" for kind, n in sorted(run.failures().items())) or "none"
    yield "## The budget"
    yield ""
    yield f"- {evaluated} candidates of {run.settings.evaluations}; stopped: {run.stopped}"
    yield f"- refused as duplicates: {decisions.get('duplicate', 0)}"
    yield f"- failures: {failures}"
    if words := race_words(run.raced()):
        yield f"- race on the search workloads: {words}"
    if spending.calls:
        yield (
            f"- {spending.calls} calls to models: {spending.known.tokens} tokens, "
            f"${spending.known.usd}; not known of: at most ${spending.unknown.usd}"
        )


def _front(report: Report) -> Iterable[str]:
    run = report.run
    objectives = run.scale.objectives
    limits = run.limits("selection")
    yield "## The front, on selection"
    yield ""
    headings = [named(o, unit=True) for o in objectives]
    rows = [
        (
            text_of(name),
            *(figure(values[o.name]) for o in objectives),
            *required_cells(report.claims.required, values),
        )
        for name, m in _ranked(report)
        if (values := m.entry.values.get("selection"))
    ]
    known = {o.name: limits[o.name] for o in objectives}
    limit_row = ("limit", *(figure(b.value if (b := known[o.name]) else None) for o in objectives))
    required = report.claims.required
    last = ["required"] if required else []
    blank = [""] if required else []
    yield from table(("policy", *headings, *last), [(*limit_row, *blank), *rows])


def _sealed(report: Report) -> Iterable[str]:
    run, claims = report.run, report.claims
    openings = run.openings()
    yield "## Sealed workloads"
    yield ""
    yield (
        f"Opened {len(openings)} {'time' if len(openings) == 1 else 'times'} in this run: "
        f"{'; '.join(f'{text_of(why)} ({at[:19]})' for why, at in openings)}."
    )
    yield ""
    parts = ("to limit", "search - sealed")
    headings = [h for o in claims.exact for h in (named(o, unit=True), *parts)]
    last = ["required"] if claims.required else []
    yield from table(
        ("policy", *headings, *last),
        [
            (text_of(name), *_judged(report, m), *required_cells(claims.required, m.sealed))
            for name, m in _ranked(report)
        ],
    )


def _judged(report: Report, member: Member) -> Iterable[str]:
    """A member's cells: value with interval, distance to the limit, generalisation gap."""
    exact = report.claims.exact
    if not member.sealed:
        yield f"failed: {text_of(reason_of(member.outcome))}"
        yield from [""] * (3 * len(exact) - 1)
        return
    for o in exact:
        yield interval_of(report.claims.interval(member, o), signs=False)
        bound = report.limits[o.name]
        yield figure(abs(bound.value - member.sealed[o.name]) if bound else None)
        yield signed(member.gap(o))


def _winner(report: Report) -> Iterable[str]:
    return winner_section(report.run, report.claims, report.reduced)


def _robustness(report: Report) -> Iterable[str]:
    return robustness_section(report.run, report.sheet) if report.claims.winner else ()


def _controls(report: Report) -> Iterable[str]:
    return controls_section(report.run, report.controls, report.noise_floors)


def _reproduction(report: Report) -> Iterable[str]:
    run = report.run
    yield "## How to reproduce it"
    yield ""
    yield from fenced("sh", f"{command_of(run)}\n")
    yield ""
    if not run.settings.exact:
        yield "It was no exact run: measured objectives had a say, and another run finds others."
    if run.settings.asks:
        yield (
            "Models or people answered: `adrs replay` makes the same archive from the journal, "
            "without asking anybody."
        )
    yield ""
    yield f"- problem digest: `{run.identity['digest']}`"
    for name, version in run.versions.items():
        yield f"- {name}: {text_of(version)}"
    if difference := changed(dict(run.versions)):
        yield f"- this report was written by another version: {text_of(difference)}"
    for sandbox, count in sorted(run.protections().items()):
        yield f"- {count} evaluations {sandbox}"
    if run.caution:
        yield f"- **caution**: {text_of(run.caution)}"


# -- their parts -------------------------------------------------------------------------------


def _ranked(report: Report) -> list[tuple[str, Member]]:
    """Baselines, then the front, best first in the first objective on selection."""
    first = report.run.scale.objectives[0]

    def lost(member: Member) -> float:
        return loss(first, member.entry.values["selection"][first.name])

    claims = report.claims
    known = {m.entry.proposal.digest for m in claims.baselines}
    found = [m for m in claims.front if m.entry.proposal.digest not in known]
    return [(m.name, m) for m in (*claims.baselines, *sorted(found, key=lost))]


def _limit(bound: Bound | None) -> str:
    return f"{figure(bound.value)} ({bound.kind})" if bound else "-"
