"""Conversations with models: every call is journalled before it is sent, every reply before it is
read; what the journal knows is never asked again.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from archive.entry import Amount, Call, CallEnd
from archive.journal import Journal, JournalConflictError
from archive.store.codec import to_json
from evolve.asked import Asked
from evolve.bell import Bell
from evolve.course import Course
from evolve.events import StopReason
from evolve.people import PERSON
from evolve.proposers.proposer import Answer, Draft, NoAnswer, Rejection
from evolve.spending import NO_ANSWER

if TYPE_CHECKING:
    from evolve.llm.caller import Answered, CallEvent, Cancelled, Failed
    from evolve.llm.message import Reply, Request

Now = Callable[[], datetime]


class Models(Protocol):
    """Who answers requests: `evolve.llm` with its limits, retries, pauses and reservations."""

    async def complete(self, request: Request, observer: Callable[[CallEvent], None]) -> Reply:
        """The reply. Every attempt is told to `observer` before it is sent and when it ended.

        Where `observer` raises, the attempt is not sent.

        Raises:
            CallError: no attempt gave a reply.
            BudgetEndedError: the budget does not pay for it.
        """
        ...

    def ended(self) -> StopReason | None:
        """Why no more can be asked, if so."""
        ...

    def affords(self, requests: Sequence[Request]) -> bool:
        """Whether the budget pays for all these at their worst case."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Turn:
    """One request of a proposal's conversation."""

    number: int
    turn: int


class _OverError(Exception):
    """It is too late to send anything."""


class Calls:
    """The calls of a run, known, on the wire and to come."""

    def __init__(self, journal: Journal, bell: Bell, now: Now, course: Course) -> None:
        """Books at its worst case what was on the wire when the run died."""
        self._journal = journal
        self._course = course
        self._models: Models | None = None
        self._bell = bell
        self._now = now
        self._known: dict[_Turn, Answer] = {}
        self._recorded: dict[_Turn, Call] = {}
        self._flying: dict[_Turn, _Rows] = {}
        self._is_over: Callable[[], bool] = lambda: False
        self._spent: dict[_Turn, Amount] = defaultdict(Amount)
        self._recall()
        self._ids = itertools.count(1 + max((c.id for c in self._recorded.values()), default=0))

    def answered_by(self, models: Models | None) -> None:
        """Who answers what the journal does not know."""
        self._models = models

    def over_when(self, is_over: Callable[[], bool]) -> None:
        """Send nothing more once this is so.

        Nothing is journalled of what was not sent, so a resumed run asks it anew.
        """
        self._is_over = is_over

    # -- what the engine does with it ----------------------------------------------------------

    def advance(self, asked: Asked) -> Draft | Rejection | None:
        """What a conversation came to; None as long as an answer is on its way."""
        if asked.request is None:
            return self._go_on(asked, None)
        answer = self._answer(asked)
        return None if answer is None else self._go_on(asked, answer)

    def _go_on(self, asked: Asked, answer: Answer | None) -> Draft | Rejection | None:
        assert asked.conversation is not None
        try:
            # a generator starts by being sent None
            asked.request = asked.conversation.send(answer)  # type: ignore[arg-type]
        except StopIteration as end:
            said: Draft | Rejection = end.value
            return said
        asked.turn += 1
        return self.advance(asked)

    @property
    def waiting(self) -> int:
        """How many answers are on their way; people answer when they like, or never.

        Once nothing more is sent, only to what is on the wire.
        """
        is_over = self._is_over()
        return sum(rows.is_on_the_wire or not is_over for rows in self._of_models())

    def ended(self) -> StopReason | None:
        """Why no model can be asked any more, if so."""
        return self._models.ended() if self._models else None

    def affords_more(self) -> bool:
        """Whether there is money for one more request like the last that was asked."""
        asked = [rows.request for rows in self._of_models()]
        if self._models is None or not asked:
            return True
        return self._models.affords([*asked, asked[-1]])

    def _of_models(self) -> list[_Rows]:
        return [rows for rows in self._flying.values() if rows.request.model != PERSON]

    # -- asking ------------------------------------------------------------------------------

    def _answer(self, asked: Asked) -> Answer | None:
        """The answer to the last request, asked for if it must be; None while it is on its way."""
        assert asked.request is not None
        turn = _Turn(asked.number, asked.turn)
        if turn in self._recorded:
            _check_same(self._recorded[turn], asked.request)
        if turn not in self._known and turn not in self._flying and not self._is_over():
            self._check_open(turn)
            rows = _Rows(self._journal, turn, asked.seen, asked.request, self._now, self._ids)
            self._flying[turn] = rows
            self._bell.start(self._ask(turn, rows))
        return self._known.get(turn)

    async def _ask(self, turn: _Turn, rows: _Rows) -> None:
        from evolve.llm.caller import Sent
        from evolve.llm.failure import CallError
        from evolve.llm.purse import BudgetEndedError

        if self._models is None:
            raise RuntimeError("a proposer asks a model, and the run has none")

        def tell(event: CallEvent) -> None:
            if isinstance(event, Sent) and self._is_over():
                raise _OverError
            rows.write(event)

        try:
            self._known[turn] = await self._models.complete(rows.request, tell)
        except (CallError, BudgetEndedError) as error:
            if not self._is_over():  # else another attempt is for a resumed run to make
                rows.no_answer(str(error))
                self._known[turn] = NoAnswer(str(error), self._spent[turn] + rows.spent)
        except _OverError:
            pass
        finally:
            del self._flying[turn]

    def _check_open(self, turn: _Turn) -> None:
        """Raise JournalConflictError when the conversation came to its end without this turn."""
        if turn not in self._recorded and turn.number in self._course.duplicate_of:
            raise JournalConflictError(
                f"no recorded reply: proposal {turn.number} made no request {turn.turn} then"
            )

    # -- remembering ---------------------------------------------------------------------------

    def _recall(self) -> None:
        """Take in what the journal knows; what was on the wire at a kill is booked as unknown."""
        ends = {end.id: end for end in self._journal.call_ends()}
        at = self._now().isoformat()
        for call in self._journal.calls():
            turn = _Turn(call.number, call.turn)
            self._recorded[turn] = call
            end = ends.get(call.id)
            if end is None:
                end = given_up(call.id, call.worst, at)
                self._journal.add_call_end(end)
            elif end.state == "answered":
                self._known[turn] = reply_of(end)
            self._spent[turn] += end.spent
        for kind, content, _ in self._journal.notes():
            if kind == NO_ANSWER:
                turn = _Turn(content["number"], content["turn"])
                self._known[turn] = NoAnswer(content["reason"], self._spent[turn])


class _Rows:
    """Writes down what becomes of one request."""

    def __init__(
        self,
        journal: Journal,
        turn: _Turn,
        seen: int,
        request: Request,
        now: Now,
        ids: Iterator[int],
    ) -> None:
        """`ids` counts the run's calls; whoever answers may count otherwise."""
        self._journal = journal
        self._turn = turn
        self._seen = seen
        self._now = now
        self._ids = ids
        self._id_of: dict[int, int] = {}  # of what is on the wire
        self.request = request
        self.spent = Amount()

    @property
    def is_on_the_wire(self) -> bool:
        """Whether an attempt was sent and has not ended."""
        return bool(self._id_of)

    def write(self, event: CallEvent) -> None:
        """One row for what is about to be sent, or for what became of it."""
        from evolve.llm.caller import Sent

        at = self._now().isoformat()
        if isinstance(event, Sent):
            number, turn = self._turn.number, self._turn.turn
            request = event.request.to_json()
            self._id_of[event.call] = call = next(self._ids)
            self._journal.add_call(Call(call, number, turn, self._seen, request, event.worst, at))
        else:
            end = end_of(event, at)
            self.spent += end.spent
            self._journal.add_call_end(dataclasses.replace(end, id=self._id_of.pop(end.id)))

    def no_answer(self, reason: str) -> None:
        """Journal that the request was given up, and why."""
        note = {"number": self._turn.number, "turn": self._turn.turn, "reason": reason}
        self._journal.add_note(NO_ANSWER, note, self._now().isoformat())


def end_of(event: Answered | Failed | Cancelled, at: str) -> CallEnd:
    """The row of what became of a call."""
    from evolve.llm.caller import Answered, Failed

    match event:
        case Answered(call, reply, spent, is_known):
            return CallEnd(call, "answered", _plain(reply), reply.raw, spent, is_known, at)
        case Failed(call, error, spent, is_known):
            failure = {"kind": error.kind, "reason": error.reason}
            raw = error.reply.raw if error.reply else error.raw
            return CallEnd(call, "failed", failure, raw, spent, is_known, at)
        case _:
            return given_up(event.call, event.spent, at)


def reply_of(end: CallEnd) -> Reply:
    """The reply that a row holds."""
    from evolve.llm.message import Reply, Usage

    plain = dict(end.answer)
    usage = plain.pop("usage")
    usd = plain.pop("usd")
    return Reply(
        **plain,
        usage=None if usage is None else Usage(**usage),
        usd=None if usd is None else Decimal(usd),
        raw=end.raw,
    )


def _plain(reply: Reply) -> dict[str, Any]:
    plain = dataclasses.asdict(reply)
    del plain["raw"]
    return {**plain, "usd": None if reply.usd is None else str(reply.usd)}


def given_up(call_id: int, worst: Amount, at: str) -> CallEnd:
    """The row of a call that was on the wire when the run stopped or died."""
    return CallEnd(call_id, "given up", {}, b"", worst, False, at)


def _check_same(recorded: Call, request: Request) -> None:
    """Raise JournalConflictError when another request stands where this one is made."""
    now = request.to_json()
    differing = sorted(k for k in now if to_json(now[k]) != to_json(recorded.request.get(k)))
    if differing:
        raise JournalConflictError(
            f"no recorded reply: the request of proposal {recorded.number}, turn {recorded.turn}, "
            f"differs from the recorded one in {', '.join(differing)}"
        )
