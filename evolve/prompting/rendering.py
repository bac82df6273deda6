"""From a kind and a situation to messages that fit a budget of tokens.

No tokenizer is asked: a token is at least one byte of UTF-8, so bytes bound tokens from above, for
every model. Each list may take its share of the budget: an item that alone is longer is left out,
then the last ones go. Where the whole is still too long, items go one by one in CUT_ORDER, the last
of a list first. What the task needs is never cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evaluators.errors import AdrsError
from evolve.llm.message import Message
from evolve.prompting.interface import interface
from evolve.prompting.sections import Section, Subject, section, subjects_of
from evolve.prompting.situation import Situation, Task
from evolve.prompting.template import Template, template
from evolve.replies.lessons import MOST_LESSONS, MOST_WORDS
from evolve.replies.region import has_region
from evolve.replies.reply import Expected

Kind = Literal["diff", "rewrite", "crossover", "repair", "simplify", "explore", "reflect"]

SHARES = {"inspirations": 0.4, "lessons": 0.1, "history": 0.2, "losses": 0.15, "hints": 0.15}
CUT_ORDER = ("inspirations", "lessons", "history", "losses", "hints")
MOST_ITEMS = {"inspirations": 4, "lessons": 12, "history": 24, "losses": 4, "hints": 12}
MESSAGE_TOKENS = 16  # what a chat format puts around a message
_HEADING_BYTES = 100  # of the hints' section, more than it has


class PromptTooLongError(AdrsError):
    """What cannot be cut is longer than the budget: the program, the statement."""


@dataclass(frozen=True)
class Prompt:
    """What is sent, and how its reply is to be read."""

    kind: Kind
    messages: tuple[Message, ...]
    expected: Expected
    tokens: int
    """At most so many, by any tokenizer."""
    templates: Mapping[str, int]
    """The versions of all templates that it was made from."""
    cut: Mapping[str, int]
    """How many items each section lost."""


def render(kind: Kind, situation: Situation, token_budget: int) -> Prompt:
    """The prompt of this kind.

    Args:
        kind: a crossover needs a partner, a repair a refused answer or a parent that fails.
        situation: what it may tell.
        token_budget: the most tokens that all messages together may have.

    Raises:
        PromptTooLongError: even without what can be cut it is longer.
        ValueError: the situation has no two programs for a crossover.
    """
    subjects = subjects_of(kind, situation)
    form = template(kind)
    made = (section(name, situation, subjects) for name in form.sections)
    sections = [s for s in made if s is not None]
    had = {s.name: len(s.items) for s in sections if s.items is not None}
    for s in sections:
        _fit_share(s, token_budget)
    messages = _messages(form, situation, sections)
    while tokens_in(messages) > token_budget:
        _cut_one(sections, tokens_in(messages), token_budget)
        messages = _messages(form, situation, sections)
    left = {s.name: len(s.items) for s in sections if s.items is not None}
    return Prompt(
        kind,
        messages,
        _expected(situation, subjects, sections),
        tokens_in(messages),
        _versions(form, sections),
        {name: n - left[name] for name, n in had.items() if n > left[name]},
    )


def tokens_in(messages: Sequence[Message]) -> int:
    """At most so many tokens, by any tokenizer."""
    return sum(len(m.content.encode()) + MESSAGE_TOKENS for m in messages)


def longest_hint(token_budget: int) -> int:
    """The most bytes of a hint that a prompt of this budget shows."""
    return int(SHARES["hints"] * token_budget) - _HEADING_BYTES


def _fit_share(s: Section, token_budget: int) -> None:
    if s.items is None:
        return
    del s.items[MOST_ITEMS[s.name] :]
    share = SHARES[s.name] * token_budget
    if _bytes_of(s) > share:
        s.items[:] = [i for i in s.items if _bytes_of(Section(s.name, s.values, [i])) <= share]
    while s.items and _bytes_of(s) > share:
        s.items.pop()


def _bytes_of(s: Section) -> int:
    return len(s.text().encode())


def _cut_one(sections: Sequence[Section], tokens: int, token_budget: int) -> None:
    """Take the next item in the order of cutting."""
    by_name = {s.name: s.items for s in sections if s.items}
    name = next((name for name in CUT_ORDER if name in by_name), None)
    if name is None:
        raise PromptTooLongError(
            f"the prompt needs up to {tokens} tokens where model.prompt_tokens allows"
            f" {token_budget}: the program is too long for it"
        )
    by_name[name].pop()


def _messages(
    form: Template, situation: Situation, sections: Sequence[Section]
) -> tuple[Message, ...]:
    values = {
        "situation": "\n\n".join(text for s in sections if (text := s.text())),
        "entry": situation.task.problem.signature.entry,
        "has_region": has_region(situation.parent.proposal.source),
        "most_lessons": MOST_LESSONS,
        "most_words": MOST_WORDS,
    }
    return (*_system(situation.task), *_filled_in(form, values))


@lru_cache(maxsize=4)
def _system(task: Task) -> tuple[Message, ...]:
    """What stays the same throughout a run, and first, so that providers can cache it."""
    problem = task.problem
    constants = {
        **interface(problem.signature),
        "statement": problem.statement.strip(),
        "modules": problem.allowed_modules,
        "deadlines": problem.deadlines,
        "prelude": problem.prelude.strip(),
        "objectives": task.objectives,
        "constraints": task.constraints,
    }
    return _filled_in(template("system"), constants)


def _filled_in(form: Template, values: Mapping[str, object]) -> tuple[Message, ...]:
    texts = zip(form.roles, form.render(values), strict=True)
    return tuple(Message(role, text) for role, text in texts)


def _expected(
    situation: Situation, subjects: Sequence[Subject], sections: Sequence[Section]
) -> Expected:
    problem = situation.task.problem
    shown = [s.entry for s in subjects if s.entry is not None]
    shown += [item["entry"] for s in sections if s.name == "inspirations" for item in s.items or ()]
    return Expected(
        entry=problem.signature.entry,
        base=subjects[0].source,
        frame=situation.parent.proposal.source,
        prelude=problem.prelude,
        known=frozenset(e.proposal.normal_digest for e in [situation.parent, *shown]),
    )


def _versions(form: Template, sections: Sequence[Section]) -> Mapping[str, int]:
    used = [template("system"), form]
    used += [template(f"sections/{s.name}") for s in sections if s.items != []]
    used += [template(name) for t in used for name in t.includes]
    return {t.name: t.version for t in used}
