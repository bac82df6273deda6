"""Numbers and times as people read them."""

from __future__ import annotations


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


def size(count_bytes: int) -> str:
    """Bytes in kB or MB."""
    return f"{count_bytes / 1e6:.1f} MB" if count_bytes >= 1e6 else f"{count_bytes / 1e3:.0f} kB"
