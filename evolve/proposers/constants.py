"""Fits the numbers of a good policy by CMA-ES, one session per parent and direction.

A session minimises an augmented Chebyshev scalarisation of the objectives (normalised between the
best seen and the reference) in a direction drawn from the stream. It never waits: every ask is a
fresh sample of the current distribution, and the distribution moves on whenever a generation's
worth of answers has come in. Duplicates are answered with the known outcome and failures with the
worst one, so no generation has a hole.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archive.constraint import Constraint, total_violation
from archive.entry import Entry
from evaluators.contract import Objective
from evaluators.scoring import loss
from evaluators.signature import Signature
from evolve.proposers.numerals import Slot, slots, with_values
from evolve.proposers.proposer import Context, Draft
from evolve.proposers.syntax import Program

INITIAL_STEP = 0.5  # on the scale of the numbers: a factor of about 1.6
LEAST_STEP = 0.02
MOST_NUMBERS = 10  # fitted at once; of more, some are drawn
PATIENCE = 3  # generations without a better answer
MOST_GENERATIONS = 25
AUGMENTATION = 0.05
PENALTY = 1e6  # of a step of resolution that a requirement is broken by; CMA goes by ranks alone
ATTEMPTS = 4

Parse = Callable[[Entry, Signature], Program | None]


@dataclass(frozen=True)
class Direction:
    """One number for several objectives: the smaller the better."""

    objectives: Sequence[Objective]
    weights: np.ndarray  # float64[objectives], positive, sum 1
    best: np.ndarray  # float64[objectives], losses
    constraints: Sequence[Constraint] = ()

    def value(self, values: Mapping[str, float]) -> float:
        """The scalarised loss of aggregated values; what breaks a requirement is the worst."""
        losses = np.array([loss(o, values[o.name]) for o in self.objectives])
        ends = np.array([loss(o, o.reference) for o in self.objectives])
        least = np.array([o.resolution for o in self.objectives])
        scaled = self.weights * (losses - self.best) / np.maximum(ends - self.best, least)
        penalty = PENALTY * total_violation(self.constraints, values)
        return float(scaled.max() + AUGMENTATION * scaled.sum()) + penalty

    def of(self, entry: Entry) -> float:
        """The scalarised loss of an entry; a failed one has the worst value everywhere."""
        known = entry.values.get("search")
        if known:
            return self.value(known)
        return self.value({o.name: o.worst for o in self.objectives}) + 1.0


class _Normal:
    """Standard normal numbers from whichever generator is set: what `cma` calls `randn`."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def __call__(self, *shape: int) -> np.ndarray:
        return self.random.standard_normal(shape)


@dataclass
class Session:
    """One parent's numbers being fitted in one direction."""

    parent: Entry
    numbers: Sequence[Slot]
    direction: Direction
    strategy: Any  # cma.CMAEvolutionStrategy, whose types are not published
    normal: _Normal  # what the strategy draws from
    best: float
    answers: list[tuple[np.ndarray, float]] = field(default_factory=list)
    generations: int = 0
    unimproved: int = 0

    @property
    def is_over(self) -> bool:
        tired = self.unimproved >= PATIENCE or self.generations >= MOST_GENERATIONS
        return tired or self.strategy.sigma < LEAST_STEP

    def sample(self, random: np.random.Generator) -> tuple[np.ndarray, str]:
        """A point and its source. The strategy draws from `random` alone."""
        self.normal.random = random
        point = self.strategy.ask(number=1)[0]
        values = [s.at(x) for s, x in zip(self.numbers, point, strict=False)]
        return point, with_values(self.parent.proposal.source, self.numbers, values)

    def tell(self, point: np.ndarray, value: float) -> None:
        """Take a sample's value, for `learn`."""
        self.answers.append((point, value))

    def learn(self) -> None:
        """Move the distribution by a generation of answers: `cma` takes one between samples."""
        size = self.strategy.popsize
        if len(self.answers) < size:
            return
        points, values = zip(*self.answers[:size], strict=True)
        del self.answers[:size]
        self.strategy.tell(list(points), list(values))
        self.generations += 1
        self.unimproved = 0 if min(values) < self.best else self.unimproved + 1
        self.best = min(self.best, *values)


class ConstantTuner:
    """Asked for drafts and told their outcomes; one session at a time."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._session: Session | None = None
        self._pending: dict[int, tuple[Session, np.ndarray]] = {}
        self._sessions_of: Counter[int] = Counter()  # by the parent's number

    def ask(self, context: Context) -> Draft | None:
        """A policy with other numbers, None when no parent has any to fit."""
        random = context.random("constants")
        if self._session is not None:
            self._session.learn()
        if self._session is None or self._session.is_over:
            self._session = self._start(context, random)
        session = self._session
        if session is None:
            return None
        for _ in range(ATTEMPTS):
            point, source = session.sample(random)
            if source != session.parent.proposal.source:
                self._pending[context.number] = session, point
                return Draft(source, (session.parent.number,), "constants", is_whole=True)
        return None

    def tell(self, entry: Entry) -> None:
        """Learn a draft's outcome; answers to a session that is over are dropped."""
        session, point = self._pending.pop(entry.number)
        if session is self._session:
            session.tell(point, session.direction.of(entry))

    def _start(self, context: Context, random: np.random.Generator) -> Session | None:
        """A session for the best entry in a random direction that has not been fitted before."""
        known = {e.number: e for e in (*context.parents, *context.front) if e.values.get("search")}
        if not known:
            return None
        direction = _random_direction(context, list(known.values()), random)
        order = sorted(
            known.values(),
            key=lambda e: (self._sessions_of[e.number], direction.of(e), e.number),
        )
        for parent in order:
            program = self._parse(parent, context.signature)
            numbers = slots(program) if program else []
            if numbers:
                self._sessions_of[parent.number] += 1
                return _session(parent, numbers, direction, random)
        return None


def _random_direction(
    context: Context, known: Sequence[Entry], random: np.random.Generator
) -> Direction:
    objectives = context.objectives
    losses = [[loss(o, e.values["search"][o.name]) for o in objectives] for e in known]
    weights = random.dirichlet(np.ones(len(objectives)))
    return Direction(objectives, weights, np.min(losses, axis=0), context.constraints)


def _session(
    parent: Entry, numbers: Sequence[Slot], direction: Direction, random: np.random.Generator
) -> Session:
    cma = _cma()
    if len(numbers) > MOST_NUMBERS:
        chosen = sorted(random.choice(len(numbers), MOST_NUMBERS, replace=False).tolist())
        numbers = [numbers[i] for i in chosen]
    dimensions = max(2, len(numbers))  # `cma` has no one-dimensional form: the second is unused
    normal = _Normal(random)
    options = {"randn": normal, "seed": np.nan, "verbose": -9, "verb_log": 0}
    strategy = cma.CMAEvolutionStrategy(np.zeros(dimensions), INITIAL_STEP, options)
    return Session(parent, numbers, direction, strategy, normal, direction.of(parent))


def _cma() -> Any:
    """The package: it takes half a second to import, and complains when it cannot plot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cma
    return cma
