"""The part of the report that is about the winner."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence

from archive.export.reduction import Reduced
from archive.lineage import descent, source_diff
from archive.normal_form import normal_form
from archive.wording import figure
from evaluators.comparison import Verdict
from evaluators.parsing import parsed_module
from evolve.report.claims import Claims, Member
from evolve.report.writing import (
    fenced,
    interval_of,
    listed,
    named,
    required_words,
    signed,
    table,
    text_of,
)
from evolve.runs import Run

VERDICTS: Mapping[Verdict, str] = {
    "A is better": "the winner is better",
    "B is better": "**the baseline is better**",
    "no difference shown": "no difference shown",
    "differs by less than the resolution": "differs by less than the resolution",
    "too few clusters": "too few clusters",
    "within the noise floor": "within the noise floor",
    "noise floor unknown": "noise floor unknown",
}


def winner_section(run: Run, claims: Claims, reduced: Reduced | None) -> Iterable[str]:
    """The winner's standing, where it comes from, its code, and what is new in that."""
    winner = claims.winner
    if winner is None:
        return
    yield f"## The winner: {text_of(winner.name)}"
    yield ""
    proposal = winner.entry.proposal
    yield f"From {text_of(proposal.proposer)}; digest `{proposal.digest}`."
    yield ""
    yield from _against_baselines(claims)
    yield from _lineage(run, winner)
    source = proposal.source
    if reduced is not None:
        source = reduced.source
        yield f"{_reduction(reduced)}."
        yield ""
    yield from fenced("python", source)
    yield ""
    name, baseline = nearest(claims.baselines, source)
    yield f"What is new in it against its nearest baseline, {text_of(name)} (without comments):"
    yield ""
    yield from fenced("diff", source_diff(_plain(baseline), _plain(source), name, winner.name))


def _against_baselines(claims: Claims) -> Iterable[str]:
    rows = [
        (
            _baseline(claims, name), named(c.objective, unit=True), figure(c.a), figure(c.b),
            interval_of(c.difference), "" if c.p is None else f"{c.p:.3g}", VERDICTS[c.verdict],
        )
        for name, contrasts in claims.contrasts().items()
        for c in contrasts
    ]  # fmt: skip
    if rows:
        yield "Against every baseline, on sealed; p is corrected (Holm) over the objectives:"
        yield ""
        headings = ("baseline", "objective", "winner", "baseline", "difference", "p", "verdict")
        yield from table(headings, rows)
        yield ""
    if claims.absent:
        names = listed(b.name for b in claims.absent)
        yield f"Not held against the baselines that fail on sealed: {names}."
        yield ""


def _baseline(claims: Claims, name: str) -> str:
    """Its name, and what it breaks: it may be better in what was not to be paid for that."""
    broken = [c for m in claims.baselines if m.name == name for c in claims.broken(m)]
    return f"{text_of(name)} (breaks {required_words(broken)})" if broken else text_of(name)


def _lineage(run: Run, winner: Member) -> Iterable[str]:
    exact = [o for o in run.scale.objectives if o.kind == "exact"]
    steps = descent(winner.entry, run.entries(), exact)
    if len(steps) < 2:
        return
    yield "Its line of first parents; gains on search, positive is better:"
    yield ""
    yield from table(
        ("entry", "proposer", *(named(o, unit=True) for o in exact)),
        [
            (
                str(s.entry.number), text_of(s.entry.proposal.proposer),
                *(signed(s.gains.get(o.name)) for o in exact),
            )
            for s in steps
        ],
    )  # fmt: skip
    yield ""


def _reduction(reduced: Reduced) -> str:
    stopped = "" if reduced.is_finished else " (stopped before it was sure that nothing more goes)"
    return f"Reduced while it decides the same: {reduced.change}{stopped}"


def nearest(baselines: Sequence[Member], source: str) -> tuple[str, str]:
    """The baseline that shares most lines of its normal form with a policy: name and source."""
    lines = normal_form(source).splitlines()

    def alike(member: Member) -> float:
        theirs = normal_form(member.entry.proposal.source).splitlines()
        return difflib.SequenceMatcher(a=theirs, b=lines, autojunk=False).ratio()

    nearest = max(baselines, key=alike)
    return nearest.name, nearest.entry.proposal.source


def _plain(source: str) -> str:
    return ast.unparse(parsed_module(source))
