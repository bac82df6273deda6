"""Lessons from what was tried, distilled by a model every so often and told to later prompts."""

from __future__ import annotations

from evolve.replies.lessons import read_lessons

Lessons = tuple[str, ...]


class Reflection:
    """The lessons in force. They change in the order of commits, so a replay sees the same ones."""

    def __init__(self, every: int) -> None:
        """`every`: so many proposals have one reflection; 0: none has."""
        self._every = every
        self._drawn: dict[int, Lessons] = {}  # by the proposal that is not committed yet
        self.lessons: Lessons = ()

    def is_due(self, number: int) -> bool:
        """Whether this proposal begins with a reflection."""
        return self._every > 0 and number % self._every == 0

    def draw(self, number: int, text: str) -> Lessons:
        """The lessons of a model's answer, for the proposal itself; none where it lists none."""
        lessons = read_lessons(text)
        if lessons:
            self._drawn[number] = lessons
        return lessons

    def commit(self, number: int) -> None:
        """What the proposal began with is in force from now on."""
        self.lessons = self._drawn.pop(number, self.lessons)
