"""People who answer tickets, as tests have them: what they say is a function of what is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from archive.library import dump
from archive.store.folder import FolderStore
from evolve.inbox import ANSWER
from evolve.runs import Run
from evolve.settings import Settings
from evolve.tickets import Ticket
from tests.problems import GUESS, GuessProblem

DEADLINE_S = 240.0


def settings_of(archive: Path, **changes) -> Settings:
    given = {"evaluations": 8, "seed": 2, "workers": 1, "ask_tell": 2, "name": "r", **changes}
    return Settings(GUESS, archive=str(archive), **given)


def answer_to(ticket: Ticket) -> str:
    """A policy of the guessing problem; every third proposal begins with what is sent back."""
    if ticket.number % 3 == 0 and ticket.turn == 0:
        return "def guess(last):\n    return (\n"
    number = int(ticket.request.digest[:8], 16)
    return f"def guess(last):\n    return {number % 97 / 97:.3f} * last + {number % 7 / 100}\n"


def policy(scale: float) -> str:
    return f"def guess(last):\n    return {scale} * last\n"


def archived(archive: Path) -> bytes:
    with FolderStore(archive).open("r") as journal:
        return dump(journal, GuessProblem())


def wait_for(condition: Callable[[], bool], what: str) -> None:
    ends_at = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < ends_at, f"waited for {what}"
        time.sleep(0.05)


def submit(archive: Path, ticket: Ticket) -> None:
    """Leave an answer, and do not wait for what comes of it."""
    content = {"request": ticket.request.digest, "text": answer_to(ticket)}
    with FolderStore(archive).open_aside("r") as journal:
        journal.add_message(ANSWER, content, "2026-01-01T00:00:00+00:00")


def answer_all(archive: Path, run: Run) -> list[str]:
    """Answer every ticket of a run that nobody runs, until there is none; their names."""
    answered: list[str] = []
    while tickets := list(run.tickets().values()):
        for ticket in tickets[1:]:
            submit(archive, ticket)
        run.tell(tickets[0].name, answer_to(tickets[0]))
        answered += [ticket.name for ticket in tickets]
    return answered
