"""What people tell the models: before a run, or in the middle of it."""

from __future__ import annotations

from collections.abc import Sequence

from archive.journal import Journal
from evaluators.errors import UsageError
from evolve.calls import Now
from evolve.course import Course
from evolve.inbox import HINT, Inbox


def check_text(text: str, what: str) -> None:
    """Raise UsageError for what says nothing, or cannot be written down."""
    if not text.strip():
        raise UsageError(f"{what} is empty", "nothing was submitted")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} is no text: {error.reason}", "send it as UTF-8") from error


def check_hint(text: str, token_budget: int) -> None:
    """Raise UsageError for a hint that no prompt of this budget would show."""
    check_text(text, "the hint")
    from evolve.prompting.rendering import longest_hint  # templates are slow to import

    most = longest_hint(token_budget)
    if len(text.encode()) > most:
        raise UsageError(
            f"the hint has {len(text.encode())} bytes, a prompt shows at most {most} of hints",
            "say it shorter, or in several hints",
        )


class Hints:
    """Every hint with the proposal from which on it holds. That is journalled when it is first
    shown, so a search that goes on, or is repeated, shows each of them where it was shown then.
    """

    def __init__(
        self, given: Sequence[str], journal: Journal, inbox: Inbox, course: Course, now: Now
    ) -> None:
        """`given`: those that hold from the start."""
        self._given = tuple(given)
        self._journal = journal
        self._inbox = inbox
        self._last_known = max(course.asked_after, default=0)
        self._now = now
        notes = [content for kind, content, _ in journal.notes() if kind == HINT]
        self._taken_in = [(int(note["from"]), str(note["text"])) for note in notes]

    def at(self, number: int) -> tuple[str, ...]:
        """What holds for a proposal, the latest first; what is new holds from it on."""
        if number > self._last_known:
            self._take_in(number)
        held = [text for first, text in self._taken_in if first <= number]
        return (*reversed(held), *self._given)

    def _take_in(self, number: int) -> None:
        for text in self._inbox.hints[len(self._taken_in) :]:
            self._journal.add_note(HINT, {"from": number, "text": text}, self._now().isoformat())
            self._taken_in.append((number, text))
