"""Entries for tests, made of as little as their test is about."""

from archive.entry import Entry, Proposal
from evaluators.contract import Policy, Score


def proposal(number: int, source: str | None = None, parents: tuple[int, ...] = ()) -> Proposal:
    source = f"def assign(): return {number}\n" if source is None else source
    digest = Policy("", source).digest
    return Proposal(number, source, digest, f"n{digest}", parents, "syntax/swap", f"p/{number}")


def entry(
    number: int, point: dict[str, float], parents: tuple[int, ...] = (), source: str | None = None
) -> Entry:
    made = proposal(number, source, parents)
    return Entry(number, made, Score(values={}), "front", {"search": point})
