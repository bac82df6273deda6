"""The loop: propose, evaluate, decide, commit; then propose again from what was kept.

Resuming is running the same loop again: the journal answers what it already knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archive.entry import Commit, Entry, EvaluationKey, Proposal
from archive.journal import Journal
from archive.normal_form import normal_digest
from evaluators.contract import Policy
from evaluators.scoring import is_clean
from evolve.asked import Asked
from evolve.asking import Asking
from evolve.bell import Bell
from evolve.budget import Budget
from evolve.calls import Calls
from evolve.evaluations import Evaluations
from evolve.events import Committed, Judging, Observer, Preflight, StopReason
from evolve.interruption import Check
from evolve.order import Order
from evolve.proposers.proposer import Conversation, Draft, Rejection
from evolve.racing import Race
from evolve.state import State
from evolve.streams import stream_name

if TYPE_CHECKING:
    from evolve.llm.message import Request

_POLL_S = 0.2  # how long a wait may keep an interrupt or the seconds budget from being seen


class Engine:
    """One run's loop. Single-threaded: evaluators and models work elsewhere, decisions are made
    here. `bell` is rung when an evaluation or an answer has arrived. One that is not `patient`
    stops where nothing but an answer could bring it on.
    """

    def __init__(
        self,
        *,
        order: Order,
        state: State,
        asking: Asking,
        journal: Journal,
        evaluations: Evaluations,
        race: Race,
        calls: Calls,
        budget: Budget,
        observer: Observer,
        check: Check,
        bell: Bell,
        patient: bool = True,
    ) -> None:
        self._order = order
        self._state = state
        self._asking = asking
        self._journal = journal
        self._evaluations = evaluations
        self._race = race
        self._calls = calls
        self._budget = budget
        self._observer = observer
        self._check = check  # where an interrupt may be raised
        self._bell = bell
        calls.over_when(lambda: budget.is_overtime)
        self._patient = patient
        self._rests = False  # nothing moved lately, and nothing that is on its way could
        self._open: list[Asked] = []  # asked, not yet committed, by number
        self._to_judge: list[Proposal] = []  # baselines and whatever joined the front
        self._asked = 0
        self._committed = 0
        self._num_seeds = 0
        self._replayed = len(journal.commits())
        self._stop: StopReason | None = None
        self._preflight_at = self._replayed  # the commit that shows the rate

    def search(self, seeds: Sequence[Policy]) -> StopReason:
        """Run until the budget ends or nothing new can be proposed; why it stopped."""
        self._num_seeds = len(seeds)
        self._preflight_at = max(len(seeds), self._replayed + 1)
        for policy in seeds:
            self._take_up(Draft(policy.source, (), f"seed/{policy.name}"))
        while self._open and not self._order.is_over(self._committed):
            decided = self._next_entry()
            if decided is None:
                break
            self._commit(*decided)
            self._ask_more()
        return self._stop or "evaluations"

    def next_request(self) -> Request | None:
        """What would be asked next, as things stand; None when the proposer would ask nobody."""
        return self._asking.request_from(self._asked + 1)

    def judge(self) -> None:
        """Wait until the baselines and all that joined the front are seen on selection."""
        self._evaluations.take_again()
        for proposal in self._to_judge:
            self._request_selection(proposal)
        if self._evaluations.waiting:
            self._observer(Judging(self._evaluations.waiting))
        while self._evaluations.waiting:
            self._receive()
        self._catch_up()

    # -- proposing ---------------------------------------------------------------------------

    def _ask_more(self) -> None:
        """Ask for as many proposals as order and budget allow."""
        while self._committed >= self._num_seeds and self._stop is None and self._may_ask():
            self._catch_up()
            self._stop = self._ask(self._asked + 1)
            self._bell.turn()  # what was asked is sent before the next prompt is written

    def _may_ask(self) -> bool:
        number = self._asked + 1
        reserved = self._state.evaluated + sum(a.may_be_evaluated for a in self._open)
        is_affordable = self._was_asked(number) or (
            self._budget.allows(reserved) and self._calls.affords_more()
        )
        return is_affordable and self._order.may_ask(number, self._committed, self._open)

    def _was_asked(self, number: int) -> bool:
        """Whether it was asked for before a resumption: then no budget is spent on it."""
        return number in self._order.course.asked_after

    def _ask(self, number: int) -> StopReason | None:
        """Ask once; `exhausted` when there is nothing new to be had."""
        if self._budget.is_overtime and not self._was_asked(number):
            return "seconds"
        if self._state.is_barren:
            return "exhausted"
        if (ended := self._calls.ended()) is not None:
            return ended
        answer = self._asking.ask(number)
        if answer is None:
            return "exhausted"
        self._take_up(answer)
        return None

    def _take_up(self, answer: Draft | Conversation) -> None:
        self._asked += 1
        asked = Asked(self._asked, seen=self._committed, bar=self._race.bar(self._state.front()))
        self._open.append(asked)
        if isinstance(answer, Draft):
            asked.said = answer
        else:
            asked.conversation = answer
        self._converse()  # at once: what is asked is made from what is committed now

    def _converse(self) -> None:
        """Hand on what models have answered; what conversations have come to is proposed."""
        for asked in self._open:
            if asked.said is None:
                asked.said = self._calls.advance(asked)
        for asked in self._open:
            if asked.proposal is None and asked.said is not None:
                self._propose(asked, asked.said)
            elif asked.proposal is None and self._order.drafts_in_order:
                return

    def _propose(self, asked: Asked, said: Draft | Rejection) -> None:
        source = said.source if isinstance(said, Draft) else ""
        normal = normal_digest(source)
        asked.proposal = Proposal(
            number=asked.number,
            source=source,
            digest=Policy("", source).digest,
            normal_digest=normal,
            parents=said.parents,
            proposer=said.operator,
            stream=stream_name(asked.number, "*"),
            seen=asked.seen,
            duplicate_of=self._duplicate_of(asked.number, normal) if source else None,
            rejection=said.reason if isinstance(said, Rejection) else "",
            idea=said.idea,
        )
        self._journal.add_proposal(asked.proposal)
        asked.is_new = isinstance(said, Draft) and asked.proposal.duplicate_of is None
        if asked.is_new:
            self._state.remember(asked.proposal)
            self._race.played(asked)

    def _duplicate_of(self, number: int, normal: str) -> int | None:
        """Who had this normal form first."""
        known = self._order.course.duplicate_of
        return known[number] if number in known else self._state.first_with(normal)

    # -- deciding ----------------------------------------------------------------------------

    def _next_entry(self) -> tuple[Entry, Asked] | None:
        """The entry that is committed next; None when the search is over before."""
        while True:
            self._catch_up()
            self._converse()
            self._race.play_on(self._open)
            for asked in self._order.next(self._committed, self._open):
                entry = self._settle(asked)
                if entry is not None:
                    self._open.remove(asked)
                    return entry, asked
            if self._is_over():
                return None
            self._receive()
            self._ask_more()

    def _settle(self, asked: Asked) -> Entry | None:
        """The decided entry; None as long as something that it needs is on its way."""
        proposal = asked.proposal
        if proposal is None:
            return None
        if proposal.rejection:
            return Entry.rejected(proposal)
        if not asked.is_new:
            original = self._state.original_of(proposal)
            return None if original is None else self._state.duplicate(proposal, original)
        return self._judged(asked, proposal)

    def _judged(self, asked: Asked, proposal: Proposal) -> Entry | None:
        """The entry by its search evaluation; what joins the front is played once more, in another
        order, and fails when that differs.
        """
        second = self._evaluations.known(asked.confirming) if asked.confirming else None
        if asked.confirming and second is None:
            return None
        first = self._race.played(asked)
        if first is None:
            return None
        if self._race.is_eliminated(first.outcome):
            return Entry.eliminated(proposal, first.outcome)
        entry = self._state.judge(proposal, first)
        if entry.decision != "front":
            return entry
        if second is None:
            asked.confirming = self._evaluations.request(
                proposal.digest, proposal.source, "search", "confirm", first.traces
            )
            return self._judged(asked, proposal) if self._is_known(asked.confirming) else None
        return entry if is_clean(second.outcome) else self._state.judge(proposal, second)

    def _is_known(self, key: EvaluationKey) -> bool:
        return self._evaluations.known(key) is not None

    def _is_over(self) -> bool:
        """Whether nobody waits for answers, or the seconds ran out and nothing is on the wire."""
        if self._rests and not self._patient:
            self._stop = "waiting for answers"
            return True
        if not self._budget.is_overtime:
            return False
        self._stop = "seconds"
        self._evaluations.take_no_more()
        return not self._evaluations.waiting and not self._calls.waiting

    def _receive(self) -> None:
        """Wait a moment for arrivals and journal them."""
        self._check()
        is_rung = self._bell.sleep(_POLL_S)
        self._evaluations.collect()
        self._rests = not is_rung and not self._evaluations.waiting

    def _catch_up(self) -> None:
        """Decide nothing as long as the archive is away: what was asked for goes on."""
        while not self._journal.catch_up():
            self._receive()

    def _commit(self, entry: Entry, asked: Asked) -> None:
        self._committed += 1
        gain = self._state.add(entry)
        self._race.learn(entry, asked)
        is_seed = entry.number <= self._num_seeds
        original = entry.proposal.duplicate_of
        self._journal.add_commit(Commit(self._committed, entry.number, entry.decision, original))
        if is_seed or entry.decision == "front":
            self._to_judge.append(entry.proposal)
            self._request_selection(entry.proposal)
        self._asking.tell(entry, None if is_seed else gain)
        self._report(entry)

    def _request_selection(self, proposal: Proposal) -> EvaluationKey:
        return self._evaluations.request(proposal.digest, proposal.source, "selection", "selection")

    # -- telling -----------------------------------------------------------------------------

    def raced(self) -> Mapping[str, Any]:
        """What the race on the search workloads came to; empty where there was none."""
        return self._race.told()

    def _preflight(self) -> Preflight:
        """The rate that the seed policies had, confirming runs and start of evaluators included."""
        per_minute = 60 * max(self._evaluations.arrived, 1) / max(self._budget.elapsed_s, 1e-3)
        left = self._budget.evaluations - self._state.evaluated
        return Preflight(per_minute, 60 * left / per_minute, self._evaluations.sandbox)

    def _report(self, entry: Entry) -> None:
        if self._num_seeds < self._committed <= self._replayed:
            return  # known; the seed policies are what the rest is held against
        if self._committed == self._preflight_at:
            self._observer(self._preflight())
        self._observer(
            Committed(
                entry=entry,
                done=self._state.evaluated,
                budget=self._budget.evaluations,
                front_size=len(self._state.front()),
                hypervolume=self._state.hypervolume(),
                failures=self._state.failures,
                best=self._state.best(),
            )
        )
