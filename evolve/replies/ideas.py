"""The idea of a whole program as it stands in the program itself, where the prompts ask for it."""

from __future__ import annotations

import re
from itertools import takewhile

from evolve.replies.region import has_region, lines_after_start

_DOCSTRING = re.compile(r"(?:[ \t]*(?:#.*)?\n)*[rR]?(\"\"\"|''')(.*?)\1", re.DOTALL)


def idea_of(program: str, shown: str) -> str:
    """What a program says of itself: its docstring's first paragraph, or the comment of its region.

    Empty where the program that was shown says it too: then it was copied.
    """
    idea = _comment(program) if has_region(program) else _docstring(program)
    is_copied = all(line in shown for line in idea.splitlines())
    return "" if is_copied else idea


def _docstring(program: str) -> str:
    """By its quotes: parsing a program once more for its first lines costs the engine too much."""
    found = _DOCSTRING.match(program)
    return found[2].strip().split("\n\n")[0] if found else ""


def _comment(program: str) -> str:
    """The comment that the lines of the region begin with."""
    lines = (line.strip() for line in lines_after_start(program))
    comment = takewhile(lambda line: line.startswith("#"), lines)
    return "\n".join(line.lstrip("# ") for line in comment)
