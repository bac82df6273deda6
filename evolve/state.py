"""What a run has committed so far: the only thing that proposals are made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from archive.constraint import Constraint, total_violation
from archive.entry import Entry, Evaluation, Proposal, failure_kinds
from archive.front import Front, contribution, hypervolume
from archive.library import aggregated
from evaluators.contract import Objective, Problem, Split
from evaluators.scale import Scale
from evaluators.scoring import is_clean, limit_of_split, loss
from evolve.stagnation import Stagnation

BARREN = 400  # this many proposals in a row without a new policy: there are none to be had


class State:
    """Committed entries, the search front, and which sources are known.

    `objectives` are those that the search goes by. Volumes are in the box (reference, limit) over
    those of them that have a proved limit.
    """

    def __init__(
        self,
        problem: Problem,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint] = (),
        stagnation: int = 0,
    ) -> None:
        self.problem = problem
        self.objectives = tuple(objectives)
        self.constraints = tuple(constraints)
        self.failures: Counter[str] = Counter()
        self.evaluated = 0  # entries that are no duplicates
        self._stagnation = Stagnation(stagnation)
        self._front = Front(objectives, constraints)
        self.committed: list[Entry] = []  # in order of commit
        self._entries: dict[int, Entry] = {}
        self._valid: list[Entry] = []
        self._first_with: dict[str, int] = {}  # normal digest -> number of the first proposal
        self._fruitless_in_a_row = 0  # duplicates and rejections
        self._volume: float | None = 0.0  # None: to be measured anew

    # -- what is known -----------------------------------------------------------------------

    def front(self) -> Sequence[Entry]:
        """The search front, in order of commit."""
        return self._front.entries

    def valid(self) -> Sequence[Entry]:
        """Every entry that was scored on every workload, each source once."""
        return self._valid

    def parents(self) -> Sequence[Entry]:
        """What to propose from: valid entries, or else anything committed; the front alone when
        the search stands still.
        """
        return (self.front() if self.is_stuck else self._valid) or self.committed

    @property
    def is_stuck(self) -> bool:
        """Whether nothing has been gained for long."""
        return self._stagnation.is_stuck

    @property
    def is_barren(self) -> bool:
        """Whether the proposers have offered nothing new for long."""
        return self._fruitless_in_a_row >= BARREN

    def first_with(self, normal_digest: str) -> int | None:
        """The proposal that had this normal form first; None when it is new."""
        return self._first_with.get(normal_digest)

    def remember(self, proposal: Proposal) -> None:
        """The proposal's normal form is new: it is the first that has it."""
        self._first_with[proposal.normal_digest] = proposal.number

    def original_of(self, proposal: Proposal) -> Entry | None:
        """What the proposal is a duplicate of, once that is committed."""
        return None if proposal.duplicate_of is None else self._entries.get(proposal.duplicate_of)

    # -- deciding ----------------------------------------------------------------------------

    def judge(self, proposal: Proposal, evaluation: Evaluation) -> Entry:
        """The entry with its decision as of now; `add` makes it stand."""
        outcome = evaluation.outcome
        if not is_clean(outcome):
            return Entry(proposal.number, proposal, outcome, "failed")
        values = {"search": aggregated(self.problem, "search", outcome)}
        entry = Entry(proposal.number, proposal, outcome, "dominated", values)
        return replace(entry, decision="front") if self._front.accepts(entry) else entry

    def duplicate(self, proposal: Proposal, original: Entry) -> Entry:
        """The entry of a refused duplicate: the outcome that is already known."""
        return Entry(proposal.number, proposal, original.outcome, "duplicate", original.values)

    def add(self, entry: Entry) -> float:
        """Commit; the hypervolume that the entry adds to the search front, 0 if it adds none."""
        self._entries[entry.number] = entry
        self.committed.append(entry)
        is_new = entry.decision != "duplicate" and not entry.proposal.rejection
        self._fruitless_in_a_row = 0 if is_new else self._fruitless_in_a_row + 1
        self.evaluated += is_new
        if entry.decision == "failed":
            self.failures.update(failure_kinds(entry.outcome))
        gain = self._join(entry) if entry.decision == "front" else 0.0
        self._stagnation.tell(gain > 0 or (entry.decision == "front" and not self._box[0]))
        if entry.is_valid:
            self._valid.append(entry)
        return gain

    def _join(self, entry: Entry) -> float:
        boxed, limits = self._box
        point = entry.values["search"]
        violation = total_violation(self.constraints, point)
        # what breaks the requirements by more leaves the front, and is nothing to be held against
        others = self._front.points()
        before = [p for p in others if total_violation(self.constraints, p) <= violation]
        self._front.add(entry)
        self._volume = None
        return contribution(point, before, boxed, limits) if boxed else 0.0

    # -- summaries ---------------------------------------------------------------------------

    def hypervolume(self) -> float:
        """Of what meets the constraints on the search front, over the exact objectives that have a
        limit.
        """
        if self._volume is None:
            boxed, limits = self._box
            exact = [o for o in boxed if o.kind == "exact"]
            self._volume = hypervolume(self._front.met(), exact, limits) if exact else 0.0
        return self._volume

    def best(self) -> dict[str, float]:
        """The best value by objective of what meets the constraints on the search front."""
        points = self._front.met()
        best = {}
        for o in self.objectives if points else ():
            pick = min if o.better == "lower" else max
            best[o.name] = pick(p[o.name] for p in points)
        return best

    @cached_property
    def _box(self) -> tuple[list[Objective], dict[str, float]]:
        return box(self.problem, self.objectives, "search")


def box(
    scale: Scale, objectives: Sequence[Objective], split: Split
) -> tuple[list[Objective], dict[str, float]]:
    """The objectives that have a limit better than their reference on this split, and the limits.

    The others have no box: they count in dominance, not in volumes.
    """
    workloads = scale.workloads(split)
    limits: dict[str, float] = {}
    for o in objectives:
        bound = limit_of_split(scale, o, workloads)
        if bound is not None and loss(o, bound.value) < loss(o, o.reference):
            limits[o.name] = bound.value
    return [o for o in objectives if o.name in limits], limits
