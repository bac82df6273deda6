"""Numbers, times and other people's texts as people read them."""

from __future__ import annotations

import re
import textwrap

_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def figure(value: float | None) -> str:
    """Four significant digits; a dash for what is not known."""
    if value is None:
        return "-"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, the two largest that matter: 1 h 04 min, 2 min 10 s, 9 s."""
    whole = round(seconds)
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    if hours:
        return f"{hours} h {m:02d} min"
    return f"{minutes} min {s:02d} s" if minutes else f"{s} s"


def minute(iso: str) -> str:
    """The minute of a time in ISO 8601: 2026-11-30 23:38."""
    return iso[:16].replace("T", " ")


def size(count_bytes: int) -> str:
    """Bytes in the largest unit that gives at least one."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6)):
        if count_bytes >= factor:
            return f"{count_bytes / factor:.1f} {unit}"
    return f"{count_bytes / 1e3:.0f} kB"


def heading(*parts: str, width: int = 14) -> str:
    """A column's heading: each part on lines of its own, broken at spaces and underscores."""
    lines = [line for p in parts for line in textwrap.wrap(p.replace("_", "_ "), width)]
    return "\n".join(line.replace("_ ", "_") for line in lines)


def printable(text: str) -> str:
    """The text with a `?` for every character that controls a terminal or cannot be encoded."""
    return _UNPRINTABLE.sub("?", text.replace("\r\n", "\n").replace("\r", "\n"))
