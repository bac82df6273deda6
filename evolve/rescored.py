"""A run's front then and now: by the problem that it was searched on, and by its present one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from archive.constraint import Constraint, parse_constraint
from archive.entry import SEED, Entry, Proposal
from archive.front import active_objectives
from archive.library import aggregated
from archive.normal_form import normal_digest
from evaluators.contract import Objective, Outcome, Policy, Problem, Split
from evaluators.errors import UsageError
from evaluators.identity import Identity
from evaluators.scale import Scale, kept
from evaluators.scoring import is_clean
from evolve.found import Found
from evolve.runs import Run

SPLITS: tuple[Split, ...] = ("search", "selection")  # what a rescore plays
UNPROPOSED = 0  # the number of a baseline that the run has not
Outcomes = Mapping[tuple[str, Split], Outcome]  # by digest and split


class Rescored(Found):
    """The entries of a run's front and the problem's baselines, as they are scored now.

    They alone make up the front: an entry is on it that neither another one nor a baseline beats.
    """

    def __init__(self, then: Run, problem: Problem, identity: Identity, outcomes: Outcomes) -> None:
        """`outcomes` has those of all that `front_then` and `baselines_now` name."""
        self.name = then.name
        self.then = then
        self._scale = kept(problem)
        self._identity = identity
        self._outcomes = outcomes
        self._objectives = objectives_now(then, problem)
        self._entries = [self._entry(p) for p in front_then(then)]
        self._baselines = {n: self._entry(p) for n, p in baselines_now(then, problem).items()}

    def _entry(self, proposal: Proposal) -> Entry:
        outcomes = {split: self._outcomes[proposal.digest, split] for split in SPLITS}
        failed = [o for o in outcomes.values() if not is_clean(o)]
        clean = {split: o for split, o in outcomes.items() if is_clean(o)}
        values: dict[str, dict[str, float]] = {
            split: aggregated(self._scale, split, o) for split, o in clean.items()
        }
        outcome, *_ = *failed, outcomes["search"]
        return Entry(proposal.number, proposal, outcome, "failed" if failed else "front", values)

    @property
    def scale(self) -> Scale:
        return self._scale

    @property
    def identity(self) -> Identity:
        return self._identity

    @property
    def entries(self) -> Sequence[Entry]:
        """What was on the front, in its order; `failed` is what fails on a split now."""
        return self._entries

    def is_on_front(self, entry: Entry, split: Split) -> bool:
        """Whether that policy is on the front now."""
        return entry.proposal.digest in self._on_front[split]

    @cached_property
    def _on_front(self) -> Mapping[Split, set[str]]:
        return {split: {e.proposal.digest for e in self.front(split)} for split in SPLITS}

    def baselines(self) -> Mapping[str, Entry]:
        return self._baselines

    def outstanding(self) -> Sequence[Entry]:
        digests = {e.proposal.digest for e in self._entries}
        others = [e for e in self._baselines.values() if e.proposal.digest not in digests]
        return [*self._entries, *others]

    def objectives(self) -> list[Objective]:
        return self._objectives

    def constraints(self) -> list[Constraint]:
        return [parse_constraint(t, self._scale.objectives) for t in _required(self.then, self)]

    def run_of(self, entry: Entry) -> str:
        return self.name

    def label(self, entry: Entry) -> str:
        return "" if entry.number == UNPROPOSED else str(entry.number)

    @property
    def caution(self) -> str:
        now = {o.name for o in self._scale.objectives}
        lost = [o.name for o in self.then.objectives() if o.name not in now]
        still = _required(self.then, self)
        lost += [text for text in self.then.settings.require if text not in still]
        gone = f"decides nothing any more, the objective is gone: {', '.join(lost)}" if lost else ""
        return "; ".join(text for text in (self.then.caution, gone) if text)


def front_then(run: Run) -> list[Proposal]:
    """What is on the run's front of the selection workloads."""
    return [e.proposal for e in run.front()]


def baselines_now(run: Run, problem: Problem) -> dict[str, Proposal]:
    """The problem's baselines by name; those that the run has not under the number 0."""
    known = {e.proposal.digest: e.proposal for e in reversed(run.outstanding())}
    return {
        name: known.get(policy.digest) or _unproposed(name, policy)
        for name, policy in problem.baselines().items()
    }


def _unproposed(name: str, policy: Policy) -> Proposal:
    normal = normal_digest(policy.source)
    return Proposal(UNPROPOSED, policy.source, policy.digest, normal, (), SEED + name, "")


def objectives_now(run: Run, problem: Problem) -> list[Objective]:
    """Those that the run went by, as far as they are there; all when it went by all.

    Raises:
        UsageError: there is none.
    """
    chosen = run.settings.objectives
    kept = [o.name for o in problem.objectives if o.name in chosen]
    found = active_objectives(problem, kept, run.settings.exact) if kept or not chosen else []
    if not found:
        raise UsageError(
            f"{problem.name} version {problem.version} has no objective that run {run.name} "
            "went by",
            f"start a new run: adrs run ... --from {run.name}",
        )
    return found


def _required(then: Run, now: Rescored) -> list[str]:
    """The run's constraints on objectives that are still there."""
    known = {o.name for o in now.scale.objectives}
    required = zip(then.settings.require, then.constraints(), strict=True)
    return [text for text, constraint in required if constraint.objective.name in known]
