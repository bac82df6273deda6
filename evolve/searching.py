"""One run's parts wired together: who proposes, who answers, who evaluates, in which order."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archive.constraint import Constraint, parse_constraint
from archive.front import active_objectives
from archive.journal import Journal
from evaluators.contract import Policy, Problem
from evaluators.execution.executor import Elastic, Executor
from evolve.arms import PLAIN, controlled
from evolve.asking import Asking
from evolve.bell import Bell
from evolve.budget import Budget
from evolve.calls import Calls, Models
from evolve.course import Course, course_of
from evolve.engine import Engine
from evolve.evaluations import Evaluations
from evolve.events import Noticed, Observer, Stopped, StopReason
from evolve.hints import Hints
from evolve.inbox import Inbox
from evolve.interruption import Check, anywhere, safe_points
from evolve.order import Arrival, InOrder, Order
from evolve.patience import LOOK_S, Patience
from evolve.people import People
from evolve.pools import follow
from evolve.proposers.proposer import Proposer
from evolve.racing import Race
from evolve.runs import RACE
from evolve.selection import selection_of
from evolve.sessions import SEARCHED
from evolve.settings import Settings
from evolve.spending import spending_of
from evolve.state import State

if TYPE_CHECKING:
    from evolve.llm.message import Request


class Search:
    """Wires one run's parts together and lets the engine go."""

    def __init__(
        self,
        settings: Settings,
        problem: Problem,
        journal: Journal,
        executor: Executor,
        observer: Observer,
        proposer: Proposer | None,
        models: Models | None,
        order: Order | None = None,
    ) -> None:
        self._settings = settings
        self._problem = problem
        self._journal = journal
        self._executor = executor
        self._observer = observer
        self._objectives = tuple(active_objectives(problem, settings.objectives, settings.exact))
        self._constraints = constraints_of(settings, problem)
        self._given_proposer = proposer
        self._given_models = models
        self._order = order or self._usual_order()
        self._inbox = Inbox(journal)

    def go(self, evaluations: int, seconds: float | None, patient: bool = True) -> None:
        """Search and judge; journal why it stopped. A fault leaves no such word behind.

        Unless `patient` it asks no models, and ends where nothing but people could bring it on.
        """
        budget = Budget(evaluations, seconds, time.monotonic)
        searched_s: float | None = None
        reason: StopReason = "interrupted"
        raced: Mapping[str, Any] = {}
        with closing(Bell()) as bell, safe_points() as check, suppress(KeyboardInterrupt):
            self._journal.when_away(Patience(check, self._observer))
            calls = Calls(self._journal, bell, now, self._order.course)
            if isinstance(self._executor, Elastic):
                bell.start(follow(self._executor, self._observer))
            with self._answering(bell, calls, patient):
                engine = self._engine(budget, check, bell, calls, patient)
                found = engine.search(seeds_of(self._journal))
                searched_s = budget.elapsed_s
                engine.judge()
                raced = engine.raced()
            reason = found
        elapsed_s = budget.elapsed_s
        searched_s = (elapsed_s if searched_s is None else searched_s) if patient else 0.0
        note: dict[str, Any] = {"reason": reason, "elapsed_s": elapsed_s, SEARCHED: searched_s}
        note |= {RACE: raced} if raced else {}
        self._journal.add_note("stop", note, now().isoformat())
        while reason != "interrupted" and not self._journal.catch_up():
            time.sleep(LOOK_S)
        self._observer(Stopped(reason))

    def repeat(self) -> Request | None:
        """Search as the order says, without anything new; what would be asked next."""
        with closing(Bell()) as bell:
            calls = Calls(self._journal, bell, now, self._order.course)
            calls.answered_by(self._given_models)
            budget = Budget(sys.maxsize, None, time.monotonic)
            engine = self._engine(budget, anywhere, bell, calls)
            engine.search(seeds_of(self._journal))
            return engine.next_request()

    def _engine(
        self, budget: Budget, check: Check, bell: Bell, calls: Calls, patient: bool = True
    ) -> Engine:
        settings, problem = self._settings, self._problem
        searched = (problem, self._objectives, self._constraints)
        evaluations = Evaluations(self._executor, self._journal, problem, now, bell.ring)
        state = State(*searched, settings.stagnation)
        proposer = self._given_proposer or self._proposer(self._order.course)
        selection = selection_of(settings.selection, *searched)
        return Engine(
            order=self._order,
            state=state,
            asking=Asking(settings.seed, state, selection, proposer),
            journal=self._journal,
            evaluations=evaluations,
            race=Race(problem, self._objectives, evaluations, settings.seed, settings.racing),
            calls=calls,
            budget=budget,
            observer=self._observer,
            check=check,
            bell=bell,
            patient=patient,
        )

    def _proposer(self, course: Course) -> Proposer:
        settings = self._settings
        if settings.asks:
            inner = self._asking(course)
        else:
            from evolve.proposers.embedded import EmbeddedProposer

            inner = EmbeddedProposer(plain=settings.arm in PLAIN)
        return controlled(settings.arm, inner, self._problem, self._objectives)

    def _asking(self, course: Course) -> Proposer:
        """Who writes prompts for models and people."""
        from evolve.prompting.situation import Task
        from evolve.proposers.mixed import with_embedded
        from evolve.proposers.model import PLAIN_PARTS, ModelProposer, Parts
        from evolve.proposers.turns import Turns

        settings = self._settings
        is_plain = settings.arm in PLAIN
        task = Task(self._problem, self._objectives, tuple(self._constraints))
        models = replace(settings.model, reflect_every=0) if is_plain else settings.model
        turns = Turns(models.names, settings.ask_tell, course.asked_of)
        hints = Hints(settings.hints, self._journal, self._inbox, course, now)
        if is_plain:
            return ModelProposer(task, models, turns, hints.at, PLAIN_PARTS)
        writer = ModelProposer(task, models, turns, hints.at, Parts())
        # who waits for a person's answer spends no evaluations meanwhile
        return with_embedded(writer, 0.0 if settings.ask_tell else models.embedded_share)

    @contextmanager
    def _answering(self, bell: Bell, calls: Calls, patient: bool) -> Iterator[None]:
        """Those who answer the calls that the journal does not know; models closed at the end."""
        models = (self._given_models or self._models()) if patient else None
        tickets = self._settings.ask_tell
        if tickets or not patient:
            models = People(self._inbox, models)
        if tickets and patient:
            name = self._journal.record.name
            self._observer(Noticed(f"prompts for people, {tickets} at once: adrs ask {name}"))
        calls.answered_by(models)
        if self._settings.asks:
            bell.start(self._inbox.watch())
        try:
            yield
        finally:
            if models is not None:
                bell.finish(models.close())

    def _models(self) -> Models | None:
        if not self._settings.model.names:
            return None
        from evolve.models import Endpoints

        return Endpoints(self._settings, spending_of(self._journal), self._observer)

    def _usual_order(self) -> Order:
        """The proposals' own order; of arrival where somebody is asked and the run is not exact."""
        settings = self._settings
        models, tickets = settings.model.names, settings.ask_tell
        course = course_of(self._journal)
        if settings.exact or not settings.asks:
            most = tickets if tickets and not models else settings.lookahead
            return InOrder(min(most, settings.lookahead), course)
        of_models = settings.model.concurrency * len(models) + 2 * self._executor.slots
        return Arrival((of_models if models else 0) + tickets, course)


def constraints_of(settings: Settings, problem: Problem) -> list[Constraint]:
    """What must be satisfied first. Raises UsageError."""
    return [parse_constraint(text, problem.objectives) for text in settings.require]


def seeds_of(journal: Journal) -> Sequence[Policy]:
    """What the search starts from, as it was when the run was made."""
    return [Policy(name, source) for name, source in journal.record.configuration["seeds"]]


def now() -> datetime:
    """What the clock says, for the journal."""
    return datetime.now(UTC)
