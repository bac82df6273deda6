"""The part of the report that is about other settings of the problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from archive.wording import figure
from evaluators.contract import Objective, Outcome
from evaluators.scoring import is_clean
from evolve.report.winner import VERDICTS
from evolve.report.writing import (
    interval_of,
    named,
    reason_of,
    required_words,
    table,
    text_of,
)
from evolve.runs import Run
from evolve.sheet import Sheet, Trial, Versus


def robustness_section(run: Run, sheet: Sheet | None) -> Iterable[str]:
    """How far the winner's advantage carries, or how to find that out."""
    offered = len(run.problem.variations())
    yield "## Robustness"
    yield ""
    if not offered:
        yield f"{text_of(run.problem.name)} offers no other setting of itself."
        return
    if sheet is None:
        yield (
            f"Not looked at: a winner is played under {offered} other settings of the problem by "
            f"`adrs report {run.name} --robustness`."
        )
        return
    yield (
        f"The winner and the baselines under {offered} other settings of the problem, each on its "
        "own selection workloads, which are the same for all. What it loses as searched, too, is a "
        "trade-off, and in the tables only."
    )
    yield ""
    yield from _weaknesses(sheet)
    yield ""
    yield from _settings(sheet)
    yield ""
    yield from _worst(sheet)
    yield ""
    yield from _caveats(sheet)


def _weaknesses(sheet: Sheet) -> Iterable[str]:
    for trial in sheet.failed:
        yield f"- **Fails** at {text_of(trial.label)}: {text_of(reason_of(trial.winner))}"
    for trial in sheet.breaking:
        texts = required_words(trial.broken(trial.winner))
        yield f"- **Breaks** {texts} at {text_of(trial.label)}"
    grouped: defaultdict[tuple[str, Objective], list[Versus]] = defaultdict(list)
    for versus in sheet.weaknesses():
        grouped[versus.baseline, versus.contrast.objective].append(versus)
    for (baseline, objective), found in grouped.items():
        where = "; ".join(
            f"{text_of(v.trial.label)}, by {interval_of(v.contrast.difference)}"
            for v in sorted(found, key=lambda v: -v.lost)
        )
        before = sheet.before(found[0])
        known = f" (as searched {interval_of(before.difference)})" if before else ""
        what = f"{text_of(baseline)} in {named(objective, unit=True)}{known}"
        yield f"- **Loses** to {what} at {where}"
    if not (sheet.failed or sheet.breaking or grouped):
        yield "It loses to no baseline in any objective in which it does not as searched."


def _settings(sheet: Sheet) -> Iterable[str]:
    yield "Its values; behind them how many baselines it is better and worse than:"
    yield ""
    headings = [h for o in sheet.objectives for h in (named(o, unit=True), "better, worse")]
    yield from table(
        ("axis", "setting", *headings),
        [
            (text_of(t.variation.axis), text_of(t.variation.name) or "-", *_values(t))
            for t in (sheet.as_searched, *sheet.trials)
        ],
    )


def _values(trial: Trial) -> Iterable[str]:
    values = trial.values
    for o in trial.objectives:
        if not values:
            yield from ("failed", "-")
            continue
        verdicts = [
            c.verdict for found in trial.contrasts.values() for c in found if c.objective == o
        ]
        yield figure(values[o.name])
        yield f"{verdicts.count('A is better')}, {verdicts.count('B is better')}"


def _worst(sheet: Sheet) -> Iterable[str]:
    rows = [
        (
            text_of(v.baseline), named(v.contrast.objective, unit=True), text_of(v.trial.label),
            interval_of(v.contrast.difference), VERDICTS[v.contrast.verdict],
        )
        for v in sheet.worst()
    ]  # fmt: skip
    if rows:
        yield "Against each baseline, the setting that is worst for the winner:"
        yield ""
        yield from table(("baseline", "objective", "setting", "difference", "verdict"), rows)


def _caveats(sheet: Sheet) -> Iterable[str]:
    found = [c for t in sheet.trials for by in t.contrasts.values() for c in by]
    yield (
        f"Of {len(found)} comparisons each is judged by itself, corrected over the objectives and "
        "not over settings and baselines: some that are called better or worse are so by chance."
    )
    if notes := {c.difference.note for c in found if c.difference.note}:
        yield f"No verdict where there are too few clusters: {'; '.join(sorted(notes))}."
    if missing := _named_where(sheet.trials, lambda _, outcome: not is_clean(outcome)):
        yield f"A baseline that fails is not compared: {missing}."
    if barred := _named_where(sheet.trials, Trial.broken):
        yield f"A baseline that breaks a requirement is not compared: {barred}."
    if sheet.unvaried:
        left_out = "; ".join(f"{text_of(k)} ({text_of(v)})" for k, v in sheet.unvaried.items())
        yield ""
        yield f"Not on this sheet: {left_out}."


def _named_where(trials: Sequence[Trial], left_out: Callable[[Trial, Outcome], object]) -> str:
    """The baselines that are left out, each with the setting."""
    return "; ".join(
        f"{text_of(name)} at {text_of(t.label)}"
        for t in trials
        for name, outcome in t.baselines.items()
        if left_out(t, outcome)
    )
