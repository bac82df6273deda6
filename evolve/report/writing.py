"""Markdown that nothing in it can break: tables, code, words and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from archive.constraint import Constraint, broken
from evaluators.contract import Failure, Objective, Outcome
from evaluators.stats import Interval

ARROW = {"higher": "↑", "lower": "↓"}


def named(objective: Objective, unit: bool = False) -> str:
    """Its name, which way is better, and its unit if asked for."""
    shown = f", {objective.unit}" if unit and objective.unit not in ("", "1") else ""
    return f"{objective.name} {ARROW[objective.better]}{shown}"


def interval_of(interval: Interval, signs: bool = True) -> str:
    """The estimate with its interval, or with why there is none; `signs`: of a difference."""
    form = "+.4g" if signs else ".4g"
    if interval.low is None or interval.high is None:
        return f"{interval.estimate:{form}} ({interval.note})"
    return f"{interval.estimate:{form}} [{interval.low:{form}}, {interval.high:{form}}]"


def signed(value: float | None) -> str:
    """With its sign; a dash for what is not known."""
    return "-" if value is None else f"{value:+.3g}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """A table whose first column is text and whose others are numbers."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(headings) - 1)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def required_words(required: Iterable[Constraint]) -> str:
    """Requirements one after another, as they were written."""
    return " and ".join(text_of(c.text) for c in required)


def required_cells(required: Sequence[Constraint], values: Mapping[str, float]) -> list[str]:
    """One cell, whether values of one split meet what is required, a dash where there are none; no
    cell where nothing is required.
    """
    if not required:
        return []
    texts = required_words(broken(required, values)) if values else ""
    return [f"breaks {texts}" if texts else "met" if values else "-"]


def listed(names: Iterable[str]) -> str:
    """Names one after another."""
    return ", ".join(map(text_of, names))


def fenced(language: str, text: str) -> Iterable[str]:
    """A block that no text can leave: its fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield text.rstrip("\n")
    yield fence


def text_of(text: str) -> str:
    """Words that nobody vouches for, in one line, with nothing that Markdown would obey."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", " ".join(text.split()))


def reason_of(outcome: Outcome) -> str:
    """Why it is no whole score: its failure, or that of the first workload that failed."""
    if isinstance(outcome, Failure):
        return f"{outcome.kind}: {outcome.message}"
    workload, failure = next(iter(outcome.failures.items()))
    return f"{workload}: {failure.kind}: {failure.message}"
