"""The loop: propose, evaluate, decide, commit; then propose again from what was kept.

Proposals are committed in their own order, and each is made from the state as of `lookahead`
commits before it, so that what is found does not depend on how many workers there are or how fast
they are. Resuming is running the same loop again: the journal answers what it already knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from archive.entry import Commit, Entry, Evaluation, EvaluationKey, Proposal
from archive.journal import Journal
from archive.normal_form import normal_digest
from evaluators.contract import Policy
from evaluators.scoring import is_clean
from evolve.budget import Budget
from evolve.evaluations import Evaluations
from evolve.events import Committed, Judging, Observer, Preflight, StopReason
from evolve.interruption import Check
from evolve.proposers.proposer import Context, Draft, Proposer
from evolve.selection import choose_parents
from evolve.state import State
from evolve.streams import stream, stream_name

_ATTEMPTS = 8  # other parents are tried before the proposer counts as exhausted


class Engine:
    """One run's loop. Single-threaded: evaluators work elsewhere, decisions are made here."""

    def __init__(
        self,
        *,
        seed: int,
        lookahead: int,
        state: State,
        journal: Journal,
        evaluations: Evaluations,
        proposer: Proposer,
        budget: Budget,
        observer: Observer,
        check: Check,
    ) -> None:
        self._seed = seed
        self._lookahead = lookahead
        self._state = state
        self._journal = journal
        self._evaluations = evaluations
        self._proposer = proposer
        self._budget = budget
        self._observer = observer
        self._check = check  # where an interrupt may be raised
        self._pending: deque[Proposal] = deque()  # asked, not yet committed, in order
        self._to_judge: list[Proposal] = []  # baselines and whatever joined the front
        self._asked = 0
        self._replayed = len(journal.commits())
        self._stop: StopReason | None = None
        self._preflight_at = self._replayed  # the commit that shows the rate

    def search(self, seeds: Sequence[Policy]) -> StopReason:
        """Run until the budget ends or nothing new can be proposed; why it stopped."""
        self._preflight_at = max(len(seeds), self._replayed + 1)
        for policy in seeds:
            self._propose(Draft(policy.source, (), f"seed/{policy.name}"))
        while self._pending:
            self._check()
            entry = self._settle(self._pending.popleft())
            if entry is None:
                break
            self._commit(entry, is_seed=entry.number <= len(seeds))
            if entry.number >= len(seeds):
                self._ask_up_to(entry.number + self._lookahead)
        return self._stop or "evaluations"

    def judge(self) -> None:
        """Wait until the baselines and all that joined the front are seen on selection."""
        for proposal in self._to_judge:
            self._request_selection(proposal)
        if self._evaluations.waiting:
            self._observer(Judging(self._evaluations.waiting))
        while self._evaluations.waiting:
            self._check()
            self._evaluations.receive()

    # -- proposing ---------------------------------------------------------------------------

    def _ask_up_to(self, last: int) -> None:
        while self._asked < last and self._stop is None:
            self._stop = self._budget.ended() or self._ask(self._asked + 1)

    def _ask(self, number: int) -> StopReason | None:
        """Propose once; `exhausted` when there is nothing new to be had."""
        if self._state.is_barren:
            return "exhausted"
        drafts = (self._proposer.ask(context) for context in self._contexts(number))
        draft = next((draft for draft in drafts if draft is not None), None)
        if draft is None:
            return "exhausted"
        self._propose(draft)
        return None

    def _contexts(self, number: int) -> Iterator[Context]:
        for attempt in range(_ATTEMPTS):
            rng = stream(self._seed, number, f"parents/{attempt}")
            yield Context(
                number=number,
                signature=self._state.problem.signature,
                objectives=self._state.objectives,
                parents=choose_parents(self._state.front(), self._state.parents(), rng),
                front=self._state.front(),
                random=self._named_streams(number, attempt),
            )

    def _named_streams(self, number: int, attempt: int) -> Callable[[str], np.random.Generator]:
        return lambda name: stream(self._seed, number, f"{name}/{attempt}")

    def _propose(self, draft: Draft) -> None:
        self._asked += 1
        proposal = Proposal(
            number=self._asked,
            source=draft.source,
            digest=Policy("", draft.source).digest,
            normal_digest=normal_digest(draft.source),
            parents=draft.parents,
            proposer=draft.operator,
            stream=stream_name(self._asked, "*"),
        )
        self._journal.add_proposal(proposal)
        self._pending.append(proposal)
        if self._state.remember(proposal):
            self._budget.reserve()
            self._request_search(proposal)

    # -- deciding ----------------------------------------------------------------------------

    def _settle(self, proposal: Proposal) -> Entry | None:
        """The decided entry; None when the seconds ran out before it was evaluated."""
        original = self._state.original_of(proposal)
        if original is not None:
            return self._state.duplicate(proposal, original)
        first = self._arrival(self._request_search(proposal))
        if first is None:
            return None
        entry = self._state.judge(proposal, first)
        return self._confirmed(entry, first) if entry.decision == "front" else entry

    def _confirmed(self, entry: Entry, first: Evaluation) -> Entry | None:
        """The entry, or its failure when playing it again in another order differs."""
        proposal = entry.proposal
        key = self._evaluations.request(
            proposal.digest, proposal.source, "search", "confirm", first.traces
        )
        second = self._arrival(key)
        if second is None:
            return None
        return entry if is_clean(second.outcome) else self._state.judge(proposal, second)

    def _arrival(self, key: EvaluationKey) -> Evaluation | None:
        while (evaluation := self._evaluations.known(key)) is None:
            self._check()
            if self._budget.is_overtime:
                self._stop = "seconds"
                self._evaluations.forget_queued()
                if not self._evaluations.waiting:
                    return None
            self._evaluations.receive()
        return evaluation

    def _commit(self, entry: Entry, is_seed: bool) -> None:
        gain = self._state.add(entry)
        original = self._state.original_of(entry.proposal)
        duplicate_of = original.number if original else None
        self._journal.add_commit(Commit(entry.number, entry.number, entry.decision, duplicate_of))
        if is_seed or entry.decision == "front":
            self._to_judge.append(entry.proposal)
            self._request_selection(entry.proposal)
        if not is_seed:
            self._proposer.tell(entry, gain)
        self._report(entry)

    def _request_search(self, proposal: Proposal) -> EvaluationKey:
        return self._evaluations.request(proposal.digest, proposal.source, "search", "search")

    def _request_selection(self, proposal: Proposal) -> EvaluationKey:
        return self._evaluations.request(proposal.digest, proposal.source, "selection", "selection")

    # -- telling -----------------------------------------------------------------------------

    def _preflight(self) -> Preflight:
        """The rate that the seed policies had, confirming runs and start of evaluators included."""
        per_minute = 60 * max(self._evaluations.arrived, 1) / max(self._budget.elapsed_s, 1e-3)
        left = self._budget.evaluations - self._state.evaluated
        return Preflight(per_minute, 60 * left / per_minute, self._evaluations.sandbox)

    def _report(self, entry: Entry) -> None:
        if entry.number <= self._replayed:
            return
        if entry.number == self._preflight_at:
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
