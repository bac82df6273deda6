"""Runs on their way from one store to another: a file of lines, each run with their digest.

    ["adrs archive", 1]
    ["begin", NAME] ["run", record] [kind, row] ... ["end", SHA-256 of the lines between]

The lines are those of `archive.store.texts`, compressed by gzip.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import zip_longest
from operator import length_hint
from pathlib import Path
from typing import TextIO

from archive.store.codec import UNREADABLE
from archive.store.store import Store
from archive.store.texts import add_lines, digest_of, line, lines_of, record_of
from evaluators.errors import UsageError
from evaluators.writing import writing

_HEADER = line("adrs archive", 1)
_ARRIVING = "importing-"  # a run's name until all of the file is there: this, and digits of its own
_DIGITS = 16


def export_runs(store: Store, names: Sequence[str], path: Path) -> dict[str, str]:
    """Write runs into a file that appears when it is whole; the digest of each.

    Raises:
        UsageError: no such run, a damaged one, or the file cannot be written.
    """
    digests: dict[str, str] = {}
    with _written(path) as file:
        file.write(_HEADER)
        for name in dict.fromkeys(names):
            with closing(store.open(name)) as journal:
                lines = list(lines_of(journal))
                if journal.damage:
                    raise UsageError(f"run {name} is damaged: {journal.damage[0]}", _DAMAGE_HINT)
            digests[name] = digest_of(lines)
            file.writelines((line("begin", name), *lines, line("end", digests[name])))
    return digests


_DAMAGE_HINT = "a run is moved whole; start a new one with --from this one"


def import_runs(store: Store, path: Path) -> dict[str, bool]:
    """Take in the runs of a file; whether each is new here, or was there and is the same.

    Raises:
        UsageError: the file is none of ours, damaged or of another version of adrs, or a run of
            that name is another one here. Then nothing is taken in.
    """
    there = set(store.names())
    is_new: dict[str, bool] = {}
    for name, lines in _runs_in(path):
        if name in is_new:
            raise UsageError(f"{path} holds run {name!r} twice", "export it anew")
        is_new[name] = name not in there
        if not is_new[name]:
            _check_same(store, name, lines)
    drafts: dict[str, str] = {}  # by name: what a new run is called until all are there
    try:
        for name, lines in _runs_in(path):
            if is_new[name]:
                drafts[name] = _ARRIVING + digest_of([name, *lines])[:_DIGITS]
                _take_in(store, drafts[name], lines, f"{path}, run {name}")
        for name, draft in drafts.items():
            store.rename(draft, name)
    finally:
        for draft in {*drafts.values()} & {*store.names()}:
            store.remove(draft)
    return is_new


def _check_same(store: Store, name: str, lines: list[str]) -> None:
    with closing(store.open(name)) as journal:
        here = digest_of(lines_of(journal))
    if here != digest_of(lines):
        raise UsageError(
            f"run {name!r} is in {store.place}, and not the same",
            f"give that one another name first: adrs runs --rename {name} NEW",
        )


def _take_in(store: Store, draft: str, lines: Sequence[str], where: str) -> None:
    """All of a run under its first name. Raises UsageError for a row that is not known here."""
    if draft in store.names():  # what an import left that was killed
        store.remove(draft)
    rows = iter(lines)
    try:
        with closing(store.create(record_of(draft, next(rows, "")))) as journal:
            add_lines(journal, rows)
            kept = list(lines_of(journal))
    except (*UNREADABLE, AssertionError) as error:
        raise _unknown(where, len(lines) - length_hint(rows), error) from error
    for number, pair in enumerate(zip_longest(lines, kept), start=1):
        if len({*pair}) > 1:
            raise _unknown(where, number, "not all of it would be kept")


def _unknown(where: str, number: int, why: object) -> UsageError:
    return UsageError(
        f"{where}: row {number} is none that is known here: {why}",
        "nothing was taken in; import it with the version of adrs that wrote it",
    )


def _runs_in(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each run's name and lines, checked by their digest."""
    with _read(path) as file:
        if next(file, None) != _HEADER:
            raise UsageError(f"{path} holds no runs", "give a file of `adrs archive export`")
        for begin in file:
            kind, name = json.loads(begin)
            lines, digest = _until_end(file)
            if kind != "begin" or digest_of(lines) != digest:
                raise ValueError(f"run {name}")
            yield name, lines


def _until_end(file: Iterator[str]) -> tuple[list[str], str | None]:
    lines: list[str] = []
    for text in file:
        if text.startswith('["end",'):
            return lines, json.loads(text)[1]
        lines.append(text)
    return lines, None


@contextmanager
def _read(path: Path) -> Iterator[TextIO]:
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="\n") as file:
            yield file
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, TypeError) as error:
        raise UsageError(
            f"{path} is damaged: {error}", "nothing was taken in; copy it again"
        ) from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give a file that can be read") from error


@contextmanager
def _written(path: Path) -> Iterator[TextIO]:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with writing(path):
            with gzip.open(draft, "wt", encoding="ascii", newline="\n") as file:
                yield file
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
