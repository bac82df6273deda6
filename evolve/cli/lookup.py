"""From what names an entry, a policy or a problem to what it means."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluators.errors import UsageError, nearest_hint
from evolve.cli import flags

if TYPE_CHECKING:
    from archive.entry import Entry
    from evolve.runs import Run


@dataclass(frozen=True)
class Named:
    """A policy's text, and the entry that has it where the archive knows one."""

    name: str
    source: str
    run: Run | None = None
    entry: Entry | None = None

    @property
    def id(self) -> str | None:
        """RUN/N where the archive knows one."""
        return f"{self.run.name}/{self.entry.number}" if self.run and self.entry else None

    @property
    def is_id(self) -> bool:
        """Whether it was named by that, and not by its text."""
        return self.name == self.id

    @property
    def heading(self) -> str:
        """Its id, or the last part of a file's path."""
        return Path(self.name).name if _is_file(self.name) else self.name

    def document(self) -> dict[str, Any]:
        """What it is, for other programs."""
        from evaluators.contract import Policy

        return {"name": self.name, "id": self.id, "digest": Policy("", self.source).digest}


def means_problem(archive: str, word: str) -> bool:
    """Whether a word is a problem's name or file, and no run of the archive is called so.

    Raises:
        UsageError: it is neither a problem nor a run.
    """
    from archive.store.names import checked_name
    from archive.store.places import store_at
    from evaluators.registry import problem_names

    store = store_at(archive)
    runs, problems = store.names(), problem_names()
    if word in runs:
        return False
    if word.endswith(".py") or word in problems:
        return True
    raise UsageError(
        f"no run {checked_name(word)!r} in {store.place}, and no problem of that name",
        nearest_hint(word, [*runs, *problems]),
    )


def find_policy(archive: str, word: str) -> Named:
    """The policy behind a word: a file when there is one of that name. Raises UsageError."""
    from evaluators.contract import Policy

    if _is_file(word):
        source = flags.read_text(word)
        try:
            run, entry = find_entry(archive, Policy("", source).digest)
        except UsageError:  # no run has a policy of this text
            return Named(word, source)
        return Named(word, source, run, entry)
    try:
        run, entry = find_entry(archive, word)
    except UsageError as error:
        if "/" in word or word.endswith(".py"):
            raise UsageError(error.message, f"{error.hint}; no file {word!r} either") from error
        raise
    return Named(word, entry.proposal.source, run, entry)


def _is_file(word: str) -> bool:
    return os.path.isfile(word)  # noqa: PTH113  # Path.is_file() raises for some that are none


def find_entry(archive: str, reference: str) -> tuple[Run, Entry]:
    """The run and the entry behind `RUN/N` or a digest's first digits. Raises UsageError."""
    from archive.library import Library
    from evolve.runs import open_run

    name, number = Library(archive).locate(reference)
    run = open_run(archive, name)
    return run, run.entry(number)
