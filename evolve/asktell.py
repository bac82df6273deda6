"""People and other programs beside a run: lease a ticket, tell its answer, give a hint.

The run's engine may live in another process, or nowhere. Then whoever asks or tells takes the run
up until nothing but another answer could bring it on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.entry import Entry
from archive.journal import Journal
from archive.store.names import BeingWrittenError
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.calls import Now
from evolve.hints import check_hint, check_text
from evolve.inbox import ANSWER, HINT
from evolve.replies.reading import missing
from evolve.runs import open_run
from evolve.search import resume
from evolve.searching import now
from evolve.settings import Settings
from evolve.tickets import (
    LEASE_MINUTES,
    Lease,
    Ticket,
    lease,
    leases,
    open_tickets,
    tickets_of,
)

_LOOK_EVERY_S = 0.5
_FOR_ANOTHER_S = 5.0  # a run that goes on may open another ticket when all are leased
_MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True)
class Told:
    """What came of an answer.

    It became an entry, or was sent back to be mended; neither, when others have to answer first:
    it is decided on once they have.
    """

    ticket: Ticket
    entry: Entry | None = None
    sent_back: Ticket | None = None
    """The ticket that asks for a mended answer and says what is wrong; leased to who told."""


def ask(archive: str, name: str, minutes: float = LEASE_MINUTES, clock: Now = now) -> Lease:
    """A ticket that nobody else is given for a while. Waits for it while the run may open one.

    Raises:
        UsageError: no such run, it asks no people, there is no ticket to be had, or not for that
            long.
    """
    if not 0 < minutes <= _MOST_MINUTES:
        raise UsageError(f"a lease of {minutes:g} minutes", f"give up to {_MOST_MINUTES} of them")
    with closing(store_at(archive).open_aside(name)) as journal:
        most = _settings(journal).ask_tell
        if not most:
            raise UsageError(
                f"run {name} asks no people", "start one that does: adrs run PROBLEM --ask-tell"
            )
        ends_at = time.monotonic() + _FOR_ANOTHER_S
        for is_last in _whenever_it_moved(archive, name):
            leased = _lease_one(journal, timedelta(minutes=minutes), clock)
            if leased is not None:
                return leased
            waiting = open_tickets(journal)
            if not waiting:
                ends_at = time.monotonic() + _FOR_ANOTHER_S
            elif is_last or len(waiting) >= most or time.monotonic() >= ends_at:
                raise _all_leased(journal, waiting, clock())
    with closing(open_run(archive, name)) as ended:
        reason = ended.stopped
    raise UsageError(
        f"run {name} asks for nothing more: it stopped ({reason})",
        f"add to its budget: adrs resume {name} "
        f"{'--seconds 600' if reason == 'seconds' else '--evaluations +100'}",
    )


def tell(archive: str, name: str, ticket: str, text: str, clock: Now = now) -> Told:
    """Answer a ticket, and wait for what comes of it.

    Raises:
        UsageError: no such run or ticket, it is answered already, there is no policy in the text;
            or the answer is taken, as is said then, and the run cannot go on here.
    """
    with closing(store_at(archive).open_aside(name)) as journal:
        answered = _open_ticket(journal, ticket)
        _check_policy(text, _settings(journal).problem.load().signature.entry)
        _submit(journal, answered, text, clock)
        try:
            return _told(archive, journal, answered, clock)
        except UsageError as error:
            taken = f"{error.message}; the answer to ticket {ticket} is taken"
            raise UsageError(taken, error.hint) from error


def _told(archive: str, journal: Journal, answered: Ticket, clock: Now) -> Told:
    """What comes of an answer, once it is known, or has to wait for other people's."""
    name = journal.record.name
    is_behind = False
    for _ in _whenever_it_moved(archive, name):
        if any(c.number == answered.number for c in journal.commits()):
            with closing(open_run(archive, name)) as run:
                return Told(answered, run.entry(answered.number))
        again = tickets_of(journal).get(f"{answered.number}.{answered.turn + 1}")
        if again is not None:
            lease(journal, again, timedelta(minutes=LEASE_MINUTES), clock)
            return Told(answered, sent_back=again)
        if is_behind:  # by now it would have been sent back
            break
        is_behind = _is_read(journal, answered) and _is_behind_others(journal, answered)
    return Told(answered)


def hint(archive: str, name: str, text: str, clock: Now = now) -> None:
    """Tell the models and people of a run something, from their next prompt on.

    Raises:
        UsageError: no such run, it writes no prompts, the hint is empty or no text.
    """
    with closing(store_at(archive).open_aside(name)) as journal:
        settings = _settings(journal)
        if not settings.asks:
            raise UsageError(
                f"run {name} writes no prompts: nobody would see a hint",
                "start one with --model PROVIDER/NAME or --ask-tell",
            )
        check_hint(text, settings.model.prompt_tokens)
        journal.add_message(HINT, {"text": text.strip()}, clock().isoformat())


def _settings(journal: Journal) -> Settings:
    return Settings.from_json(journal.record.configuration["settings"])


# -- a run that others run, or nobody ----------------------------------------------------------


def _whenever_it_moved(archive: str, name: str) -> Iterator[bool]:
    """At once, and whenever the run may have come further; True when it rests until answered.

    Nobody else may be running it: then it goes on here.
    """
    yield False
    while store_at(archive).is_being_written(name) or not _take_up(archive, name):
        time.sleep(_LOOK_EVERY_S)
        yield False
    yield True


def _take_up(archive: str, name: str) -> bool:
    """Go on with a run until nothing but an answer could bring it on; False when another does."""
    try:
        with closing(resume(archive, name, patient=False)) as run:
            reason = run.stopped
    except BeingWrittenError:
        return False
    if reason == "interrupted":
        raise KeyboardInterrupt
    return True


# -- leasing -----------------------------------------------------------------------------------


def _lease_one(journal: Journal, length: timedelta, clock: Now) -> Lease | None:
    """The first ticket that is free, leased; None when there is none."""
    held = leases(journal)
    for ticket in open_tickets(journal).values():
        if ticket.name not in held or held[ticket.name].until <= clock():
            leased = lease(journal, ticket, length, clock)
            if leased is not None:
                return leased
    return None


def _all_leased(journal: Journal, waiting: dict[str, Ticket], at: datetime) -> UsageError:
    ends = (held.until for name, held in leases(journal).items() if name in waiting)
    first = min(ends, default=at)  # none: a ticket was opened since
    minutes = max(0.0, (first - at).total_seconds() / 60)
    return UsageError(
        f"every open ticket of run {journal.record.name} is leased: {', '.join(waiting)}",
        f"ask again in {minutes:.0f} minutes, when the first lease ends",
    )


# -- answering ---------------------------------------------------------------------------------


def _open_ticket(journal: Journal, name: str) -> Ticket:
    """Raises UsageError when there is no such ticket, or it is answered."""
    waiting = open_tickets(journal)
    if name in waiting:
        return waiting[name]
    run = journal.record.name
    hint = f"open: {', '.join(waiting)}" if waiting else f"adrs ask {run} gives one"
    if name in tickets_of(journal):
        raise UsageError(f"ticket {name} of run {run} is answered already", hint)
    raise UsageError(f"run {run} has no ticket {name!r}", hint)


def _submit(journal: Journal, ticket: Ticket, text: str, clock: Now) -> None:
    """Journal the answer. Raises UsageError when somebody else was faster."""
    content = {"request": ticket.request.digest, "text": text}
    own = journal.add_message(ANSWER, content, clock().isoformat())
    answers = (m for m in journal.messages() if m.kind == ANSWER)
    first = next(m.id for m in answers if m.content["request"] == ticket.request.digest)
    if first != own:
        raise UsageError(f"somebody else has just answered ticket {ticket.name}", "ask for another")


def _is_read(journal: Journal, ticket: Ticket) -> bool:
    """Whether the run's engine has the answer."""
    turns = {c.id: (c.number, c.turn) for c in journal.calls()}
    ends = (e for e in journal.call_ends() if e.state == "answered")
    return any(turns.get(e.id) == (ticket.number, ticket.turn) for e in ends)


def _is_behind_others(journal: Journal, ticket: Ticket) -> bool:
    """Whether people have to answer first: an exact run commits in the proposals' own order."""
    earlier = (t.number < ticket.number for t in open_tickets(journal).values())
    return _settings(journal).exact and any(earlier)


def _check_policy(text: str, entry: str) -> None:
    check_text(text, "the answer")
    if reason := missing(text, entry):
        raise UsageError(reason, "nothing was submitted: mend the answer and tell it again")
