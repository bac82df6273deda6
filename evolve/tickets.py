"""Tickets: requests to people, and who has leased them.

All of it is read from a run's journal, so it holds whoever runs the run, or nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.entry import Call
from archive.journal import Journal
from evolve.calls import Now
from evolve.inbox import ANSWER
from evolve.llm.message import Request
from evolve.people import PERSON

LEASE = "lease"  # a kind of message
LEASE_MINUTES = 30.0  # unless said otherwise


@dataclass(frozen=True, slots=True)
class Ticket:
    """A prompt for people: one turn of the conversation that leads to a proposal."""

    number: int  # of the proposal
    turn: int
    request: Request

    @property
    def name(self) -> str:
        """As people call it; a run that goes on calls it the same."""
        return f"{self.number}.{self.turn}"


@dataclass(frozen=True, slots=True)
class Lease:
    """A ticket that nobody else is given until then."""

    ticket: Ticket
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What gives a lease, and how long it holds."""

    message: int
    until: datetime


def tickets_of(journal: Journal) -> dict[str, Ticket]:
    """Every ticket that there was, answered or not, by name and in order."""
    asked = [_ticket(c) for c in journal.calls() if c.request["model"] == PERSON]
    return {t.name: t for t in sorted(asked, key=lambda t: (t.number, t.turn))}


def open_tickets(journal: Journal) -> dict[str, Ticket]:
    """Those that nobody has answered."""
    messages = journal.messages()
    answered = {m.content["request"] for m in messages if m.kind == ANSWER}
    return {n: t for n, t in tickets_of(journal).items() if t.request.digest not in answered}


def leases(journal: Journal) -> dict[str, Held]:
    """The last lease of each ticket, by its name; whoever wanted it while it held got none."""
    held: dict[str, Held] = {}
    for message in journal.messages():
        if message.kind == LEASE:
            name = str(message.content["ticket"])
            if name not in held or held[name].until <= datetime.fromisoformat(message.at):
                until = datetime.fromisoformat(message.content["until"])
                held[name] = Held(message.id, until)
    return held


def lease(journal: Journal, ticket: Ticket, length: timedelta, clock: Now) -> Lease | None:
    """Lease a ticket; None when somebody else was faster."""
    at = clock()
    until = at + length
    content = {"ticket": ticket.name, "until": until.isoformat()}
    own = journal.add_message(LEASE, content, at.isoformat())
    return Lease(ticket, until) if leases(journal)[ticket.name].message == own else None


def _ticket(call: Call) -> Ticket:
    return Ticket(call.number, call.turn, Request.from_json(call.request))
