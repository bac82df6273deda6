"""Numbers and times as people read them: the same words on the command line and on the screens."""

from archive.wording import duration, figure, heading, minute, printable, size

__all__ = ["duration", "figure", "heading", "minute", "printable", "size"]
