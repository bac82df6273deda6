"""Reads text files, plain or gzipped; everything wrong is a UsageError with file and line."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import NoReturn

from evaluators.errors import UsageError


def refuse(path: Path, line: int, what: str, expected: str) -> NoReturn:
    """Raise UsageError: what is wrong in a line, and what was expected."""
    raise UsageError(f"{path}, line {line}: {what}", f"expected {expected}")


def read_text(path: Path, formats: str) -> tuple[str, str]:
    """The text of a file and the SHA-256 of its bytes, in hex. Raises UsageError.

    Args:
        path: UTF-8, with or without a byte order mark, plain or gzipped.
        formats: what was expected, for the hint.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", formats) from error
    return _decode(path, _decompress(path, raw)), hashlib.sha256(raw).hexdigest()


def _decompress(path: Path, raw: bytes) -> bytes:
    """The content, unpacked when it is gzip by its first bytes."""
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(raw)
        whole = gzip.decompress(raw) if stream.eof else None  # several members, checksums
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise UsageError(f"{path}: damaged gzip: {error}", "download it again") from error
    if whole is None:
        line = content.count(b"\n") + 1
        refuse(path, line, "the gzip data ends here, truncated", "a whole file: download it again")
    return whole


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        refuse(path, line, f"byte 0x{content[error.start]:02x} is not UTF-8", "UTF-8 text")
