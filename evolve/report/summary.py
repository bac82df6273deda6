"""The head of the report: what the front covers on sealed, and whether the winner is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archive.wording import figure
from evolve.found import Found
from evolve.report.claims import Claims, Member
from evolve.report.writing import interval_of, listed, required_words, text_of


def summary_section(found: Found, claims: Claims) -> Iterable[str]:
    """The title, the volumes on sealed, and the verdict on the winner."""
    yield f"# {text_of(found.name)}: a search on {text_of(found.scale.name)}"
    yield ""
    if not claims.has_box:
        yield (
            "No exact objective that the search went by has a proved limit: there is no volume to "
            "compare fronts by."
        )
        return
    volumes = (
        f"On workloads that neither the search nor the choice of the front saw, the front covers "
        f"{figure(claims.hypervolume)} of the box between reference and limit, the baselines alone "
        f"{figure(claims.baseline_hypervolume)}: a gain of {interval_of(claims.gain)}."
    )
    if claims.absent:
        failing = listed(b.name for b in claims.absent)
        volumes = f"{volumes} Baselines that fail there count in neither volume: {failing}."
    yield volumes
    yield ""
    if claims.required:
        yield _required(claims)
        yield ""
    yield _verdict(claims)
    yield ""
    yield f"Brackets are {claims.gain.level:.0%} intervals by cluster, here and below."


def _required(claims: Claims) -> str:
    """What is required, and how much of what was played does not count for it."""
    counts = [f"{_num_broken(claims, claims.front)} of {len(claims.front)} on the front"]
    counts.append(f"{_num_broken(claims, claims.baselines)} of {len(claims.baselines)} baselines")
    said = (
        f"Required is {required_words(claims.required)}; what breaks it there counts in neither "
        f"volume: {', '.join(counts)}."
    )
    if claims.has_rivals:
        return said
    return f"{said} No baseline meets it there: the front is held against none."


def _num_broken(claims: Claims, members: Sequence[Member]) -> int:
    return sum(bool(claims.broken(m)) for m in members)


def _verdict(claims: Claims) -> str:
    if claims.winner is None:
        return f"**No winner**: {_no_winner(claims)} on the selection workloads."
    name, gain = text_of(claims.winner.name), claims.winner_gain
    if broken := claims.broken(claims.winner):
        texts = required_words(broken)
        return f"**NOT SHOWN**: the winner {name} breaks {texts} on the sealed workloads."
    if gain is None:
        return f"**NOT SHOWN**: the winner {name} fails on the sealed workloads."
    added = f"the winner {name} adds {interval_of(gain)} to the baselines' volume"
    if claims.required:
        added = f"{added}, and {_met(claims)}"
    if claims.is_shown:
        return f"**Shown**: {added}; zero lies outside of the interval."
    if claims.missed:
        missed = listed(b.name for b in claims.missed)
        return (
            f"**NOT SHOWN**: {added}; a baseline to beat fails on the sealed workloads: {missed}."
        )
    why = gain.note or "the interval includes zero: it may have fitted the workloads it was made on"
    return f"**NOT SHOWN**: {added}; {why}."


def _met(claims: Claims) -> str:
    met = f"{required_words(claims.required)} is met there, too"
    return met if claims.has_rivals else f"{met}, and no baseline meets what is required"


def _no_winner(claims: Claims) -> str:
    if not claims.required:
        return "no entry adds anything to the baselines"
    if not claims.candidates:
        return f"nothing on the front meets {required_words(claims.required)}"
    return f"no entry adds anything to the baselines that meet {required_words(claims.required)}"
