"""What is said to people on standard output or error: a terminal shows it and obeys none of it."""

from __future__ import annotations

import sys
from typing import TextIO

from archive.wording import printable


def say(text: str, end: str = "\n", file: TextIO | None = None, *, flush: bool = False) -> None:
    """Print a text that may quote a policy, a model or a user.

    A terminal gets it `printable`; a file, a pipe or another program gets it as it is.
    """
    out = sys.stdout if file is None else file
    print(printable(text) if out.isatty() else text, end=end, file=out, flush=flush)
