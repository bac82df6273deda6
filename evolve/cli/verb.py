"""A verb of the command line, and the parser that reads its flags."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from evaluators.errors import UsageError, nearest_hint


class Parser(argparse.ArgumentParser):
    """Reads one verb's flags; what is wrong with them is a UsageError."""

    def __init__(self, verb: str, summary: str) -> None:
        super().__init__(prog=f"adrs {verb}", description=summary, allow_abbrev=False)

    def read(self, words: Sequence[str]) -> Namespace:
        """The flags in `words`. Raises UsageError, naming the flag nearest to an unknown one."""
        self._check_full(words)
        args, unknown = self.parse_known_args(words)
        flag = next((w.partition("=")[0] for w in unknown if w.startswith("-")), None)
        if flag:
            raise UsageError(f"unknown flag {flag}", nearest_hint(flag, self._flags()))
        if unknown:
            raise UsageError(f"{unknown[0]!r} is one word too many", f"see {self.prog} --help")
        return args

    def _check_full(self, words: Sequence[str]) -> None:
        """An empty word would pass for one that was not given: `--name "$NAME"`, and no NAME."""
        for before, word in pairwise([self.prog, *words]):
            flag, equals, value = word.partition("=")
            if not word or (flag.startswith("--") and equals and not value):
                raise UsageError(
                    f"nothing stands after {flag or before}", "is a variable of the shell not set?"
                )

    def error(self, message: str) -> NoReturn:
        """What argparse calls when it cannot go on."""
        raise UsageError(message, f"see {self.prog} --help")

    def _flags(self) -> list[str]:
        return [o for a in self._actions for o in a.option_strings if o.startswith("--")]


@dataclass(frozen=True, slots=True)
class Verb:
    """`act` returns the exit code: 0 done, 1 the work failed, 3 nothing valid was found."""

    name: str
    synopsis: str  # its words without the flags: "RUN|PROBLEM"
    summary: str
    add_flags: Callable[[Parser], None]
    act: Callable[[Namespace], int]

    def parser(self) -> Parser:
        """The verb's parser."""
        parser = Parser(self.name, self.summary)
        self.add_flags(parser)
        return parser
