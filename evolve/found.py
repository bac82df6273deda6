"""What was found on one problem, in one run or in several: its front beside the baselines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property

from archive.constraint import Constraint, broken
from archive.entry import SEED, Entry
from archive.front import Front, Point, hypervolume
from evaluators.contract import Bound, Objective, Split
from evaluators.identity import Identity
from evaluators.scale import Scale
from evaluators.scoring import limit_of_split, loss
from evolve.state import box


class Found(ABC):
    """Entries of one problem, and what they come to together."""

    name: str  # what it is called: the run, or the problem

    @property
    @abstractmethod
    def scale(self) -> Scale:
        """What its scores are read by."""

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """The problem that it was found on, exactly."""

    @property
    @abstractmethod
    def caution(self) -> str:
        """What of its scores is not to be trusted or cannot be read, in one line; else empty."""

    @abstractmethod
    def outstanding(self) -> Sequence[Entry]:
        """What joined a search front, and what a search started from: few among many."""

    @abstractmethod
    def objectives(self) -> list[Objective]:
        """Those that the search went by."""

    @abstractmethod
    def constraints(self) -> list[Constraint]:
        """What was to be satisfied first."""

    @abstractmethod
    def run_of(self, entry: Entry) -> str:
        """The run that an outstanding entry is of."""

    @abstractmethod
    def label(self, entry: Entry) -> str:
        """What tells an outstanding entry from the others here."""

    def rescores(self) -> Sequence[Identity]:
        """What its front was scored as later on, the latest last."""
        return ()

    def baselines(self) -> Mapping[str, Entry]:
        """The problem's published policies, by name."""
        seeds = {e.proposal.proposer: e for e in reversed(self.outstanding())}  # the first stays
        names = self.scale.baselines()
        return {name: seeds[SEED + name] for name in names if SEED + name in seeds}

    def to_beat(self, split: Split = "selection") -> dict[str, Entry]:
        """The baselines that have values on a split and meet the requirements there, by name."""
        return {
            name: e
            for name, e in self.baselines().items()
            if split in e.values and not self.broken(e.values[split])
        }

    def front(self, split: Split = "selection") -> list[Entry]:
        """The non-dominated entries on a split, among those that joined a search front.

        On selection only what was scored there on every workload counts.
        """
        return self._front_of([e for e in self.outstanding() if e.decision == "front"], split)

    def broken(self, values: Point) -> list[Constraint]:
        """What is required and not met by values of one split."""
        return broken(self._required, values)

    def limits(self, split: Split = "selection") -> dict[str, Bound | None]:
        """The aggregated limit of each objective."""
        workloads = self.scale.workloads(split)
        return {o.name: limit_of_split(self.scale, o, workloads) for o in self.scale.objectives}

    def hypervolume(self, split: Split = "selection") -> float:
        """Of what meets the requirements on the front, over the exact objectives with a limit."""
        return self._volume(self.front(split), split)

    def baseline_hypervolume(self, split: Split = "selection") -> float:
        """Of those baselines that meet the requirements: no other one has to be beaten."""
        return self._volume(self._front_of(list(self.baselines().values()), split), split)

    def best(self, objective: Objective, split: Split = "search") -> Entry | None:
        """The best in one objective of what meets the requirements on the front."""
        front = [e for e in self.front(split) if not self.broken(e.values[split])]
        return min(
            front, key=lambda e: loss(objective, e.values[split][objective.name]), default=None
        )

    def exact_box(self, split: Split) -> tuple[list[Objective], dict[str, float]]:
        """The exact objectives that the search went by and that have a limit, and their limits."""
        exact = [o for o in self.objectives() if o.kind == "exact"]
        return box(self.scale, exact, split)

    @cached_property
    def _required(self) -> list[Constraint]:
        return self.constraints()  # which are read from text, of all runs where there are several

    def _front_of(self, entries: list[Entry], split: Split) -> list[Entry]:
        front = Front(self.objectives(), self.constraints(), split)
        front.add_all(e for e in entries if e.is_valid)
        return list(front.entries)

    def _volume(self, entries: list[Entry], split: Split) -> float:
        boxed, limits = self.exact_box(split)
        # where nothing meets the requirements, a front is of what breaks them least
        points = [e.values[split] for e in entries if not self.broken(e.values[split])]
        return hypervolume(points, boxed, limits) if boxed else 0.0
