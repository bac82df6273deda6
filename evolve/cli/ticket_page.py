"""Tickets and what came of their answers, for people and as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluators.contract import Failure
from evolve.cli.entry_page import shown_document
from evolve.cli.wording import figure

if TYPE_CHECKING:
    from archive.entry import Entry
    from evolve.asktell import Told
    from evolve.llm.message import Request
    from evolve.runs import Run
    from evolve.tickets import Lease, Ticket


def messages_document(request: Request) -> dict[str, Any]:
    """A prompt, and who is asked."""
    messages = [{"role": m.role, "content": m.content} for m in request.messages]
    return {"model": request.model, "messages": messages}


def ticket_document(run_name: str, ticket: Ticket) -> dict[str, Any]:
    """A ticket with its prompt."""
    return {"run": run_name, "ticket": ticket.name, **messages_document(ticket.request)}


def lease_document(run_name: str, leased: Lease) -> dict[str, Any]:
    """A leased ticket with its prompt."""
    return {**ticket_document(run_name, leased.ticket), "until": leased.until.isoformat()}


def told_document(run: Run, told: Told) -> dict[str, Any]:
    """An answer's entry, or the ticket of the prompt that asks to mend it."""
    return {
        "run": run.name,
        "ticket": told.ticket.name,
        "entry": shown_document(run, told.entry) if told.entry else None,
        "sent_back": ticket_document(run.name, told.sent_back) if told.sent_back else None,
    }


def lease_page(run_name: str, leased: Lease, where: str) -> str:
    """The prompt, and what to type. `where`: the flag that names the archive, if it must be."""
    ticket = leased.ticket
    return "\n".join(
        [
            f"ticket {ticket.name} of run {run_name}, yours until {leased.until:%H:%M} UTC",
            "",
            *(f"--- {m.role} ---\n{m.content}\n" for m in ticket.request.messages),
            _how_to_answer(run_name, ticket, where),
        ]
    )


def told_page(run_name: str, told: Told, where: str) -> str:
    """What came of an answer, and what to type where something is to be done."""
    if told.entry is not None:
        return _outcome(f"{run_name}/{told.entry.number}", told.entry)
    if told.sent_back is None:
        return (
            "taken; it is decided on once those before it are answered: by people with "
            f"adrs ask {run_name}{where}, by models with adrs resume {run_name}{where}"
        )
    return "\n".join(
        [
            f"sent back, as ticket {told.sent_back.name}:",
            "",
            f"{told.sent_back.request.messages[-1].content}\n",
            _how_to_answer(run_name, told.sent_back, where),
        ]
    )


def _how_to_answer(run_name: str, ticket: Ticket, where: str) -> str:
    return f"--- answer: adrs tell {run_name} {ticket.name} FILE{where} ---"


def _outcome(name: str, entry: Entry) -> str:
    """One line: the decision, and the values or what is wrong."""
    decision: str = entry.decision
    if entry.proposal.duplicate_of is not None:
        decision += f" of {entry.proposal.duplicate_of}"
    values = entry.values.get("search", {}).items()
    told = ", ".join(f"{objective} {figure(value)}" for objective, value in values)
    if entry.decision == "eliminated":
        told = "far behind the front on the first workloads"
    return f"{name}: {decision}: {told or '; '.join(_faults(entry))}"


def _faults(entry: Entry) -> list[str]:
    outcome = entry.outcome
    failures = [outcome] if isinstance(outcome, Failure) else outcome.failures.values()
    return sorted({f"{failure.kind}: {failure.message}" for failure in failures})
