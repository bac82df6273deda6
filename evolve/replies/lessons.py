"""From the text of a reflection to lessons that later prompts can quote."""

from __future__ import annotations

import re

from evolve.replies.wording import one_line

MOST_LESSONS = 8
MOST_WORDS = 30  # of a lesson; what prompts ask for
_LONGEST = 300  # characters of a lesson
_MOST_CHARACTERS = 20_000  # of a reflection that are read
_BULLET = re.compile(r"[ \t]{0,8}(?:[-*•]|\d{1,3}[.)])[ \t](.*)")


def read_lessons(text: str) -> tuple[str, ...]:
    """The lines that begin as a list's items do, in order; none when there is no list.

    Never raises, whatever the text.
    """
    lines = text.rpartition("</think>")[2][:_MOST_CHARACTERS].splitlines()
    found = (_BULLET.fullmatch(line) for line in lines)
    lessons = (one_line(match[1], _LONGEST) for match in found if match)
    return tuple(lesson for lesson in lessons if lesson)[:MOST_LESSONS]
