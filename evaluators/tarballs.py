"""Reads the files of a published tar.gz in turn; what is wrong with it is a UsageError."""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator

from evaluators.errors import UsageError


def matching_members(
    path: str, pattern: re.Pattern[str], expected: str
) -> Iterator[tuple[re.Match[str], str, bytes]]:
    """Match, name and content of every file whose name the pattern finds, in the archive's order.

    Raises UsageError, with `expected` as its hint, for a file that cannot be read to its end.
    """
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                match = pattern.search(member.name)
                if match and member.isfile():
                    file = archive.extractfile(member)
                    yield match, member.name, file.read() if file else b""
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", expected) from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} is no whole tar.gz: {error}", expected) from error
