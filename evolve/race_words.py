"""What a race came to, in words: for pages and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.wording import duration, figure


def race_words(raced: Mapping[str, Any]) -> str:
    """What the note of a run's race says (`Run.raced`), in one line; empty where it says nothing.

    What was saved is estimated; whoever is checked is played on all workloads in any case.
    """
    if not raced:
        return ""
    ranks = ", ".join(figure(r) for r in raced["rank_correlations"]) or "nobody knows"
    return (
        f"{raced['eliminated']} eliminated after {raced['few']} of {raced['all']} workloads, "
        f"{raced['played_on']} played on: about {duration(raced['saved_s'])} saved "
        f"({raced['saved_share']:.0%}); {raced['wrongly']} of {raced['checked']} checked would "
        f"have been eliminated wrongly; rank correlation of the few with all: {ranks}"
    )
