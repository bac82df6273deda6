"""What `compare` found, for people and as JSON: the shape is a promise to other programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archive.constraint import breaking_words
from archive.entry import SEED
from archive.library import aggregated
from evaluators.comparison import Contrast
from evaluators.contract import Outcome, Split
from evaluators.identity import identity_of
from evaluators.stats import Interval
from evolve.cli.documents import (
    contrast_document,
    failure_lines,
    interval_document,
    outcome_document,
    print_document,
)
from evolve.cli.front_table import ARROW
from evolve.cli.lookup import Named
from evolve.cli.wording import figure
from evolve.comparing import Comparison, RunComparison, Side
from evolve.report.command import doctor_command

CHOSEN = "chosen on these workloads: --split sealed judges without that"
MOST_NAMED = 12  # entries of a joint front that are named before "and so many more"


@dataclass(frozen=True)
class ComparedPolicies:
    """Two policies, as they were named."""

    found: Comparison
    a: Named
    b: Named

    def print(self, as_json: bool) -> None:
        """One document, or a table and a verdict for each objective."""
        if as_json:
            print_document(self.document())
            return
        for letter, named, outcome in self._sides():
            print(f"{letter} {named.heading}")
            for line in failure_lines(outcome):
                print(f"  failed: {line}")
        if not self.found.contrasts:
            print("no comparison: a failed workload has no value that could be compared")
            return
        self._print_table()
        for c in self.found.contrasts:
            print(f"{c.objective.name} ({_marks(c)}): {self._verdict(c)}")
        if self._is_chosen:
            print(CHOSEN)

    def document(self) -> dict[str, Any]:
        """The JSON document of `adrs compare A B --json` for policies."""
        workloads = self.found.problem.workloads(self.found.split)
        a, b = (
            {**named.document(), **outcome_document(outcome)} for _, named, outcome in self._sides()
        )
        return {
            "kind": "policies",
            "problem": identity_of(self.found.problem),
            "split": self.found.split,
            "workloads": len(workloads),
            "clusters": len({w.cluster for w in workloads}),
            "chosen_here": self._is_chosen,
            "a": a,
            "b": b,
            "objectives": [contrast_document(c) for c in self.found.contrasts],
        }

    @property
    def _is_chosen(self) -> bool:
        """Whether a search chose one of them by these workloads."""
        return _chooses(self.found.split) and any(
            named.entry and not named.entry.proposal.proposer.startswith(SEED)
            for named in (self.a, self.b)
        )

    def _verdict(self, c: Contrast) -> str:
        match c.verdict:
            case "too few clusters":
                return c.difference.note
            case "noise floor unknown":
                command = doctor_command(self.found.spec, self.found.split)
                return f"noise floor unknown: run {command}"
            case said:
                return said

    def _sides(self) -> Iterator[tuple[str, Named, Outcome]]:
        yield "A", self.a, self.found.a
        yield "B", self.b, self.found.b

    def _print_table(self) -> None:
        from rich import box
        from rich.console import Console
        from rich.table import Table

        table = Table("objective", box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("A", "B", "A - B", "95 % interval", "p (Holm)"):
            table.add_column(heading, justify="right", no_wrap=True)
        for c in self.found.contrasts:
            table.add_row(
                f"{c.objective.name} {ARROW[c.objective.better]}", figure(c.a), figure(c.b),
                figure(c.difference.estimate), _bounds(c.difference), figure(c.p),
            )  # fmt: skip
        workloads = self.found.problem.workloads(self.found.split)
        clusters = len({w.cluster for w in workloads})
        print(f"on {len(workloads)} {self.found.split} workloads in {clusters} clusters")
        Console(highlight=False).print(table)


def _marks(c: Contrast) -> str:
    marks = [c.objective.unit, f"resolution {figure(c.objective.resolution)}"]
    if c.noise_floor is not None:
        marks.append(f"noise floor {c.noise_floor:.2%}")
    return ", ".join(filter(None, marks))


def _bounds(interval: Interval) -> str:
    if interval.low is None:
        return "none"
    return f"[{figure(interval.low)}, {figure(interval.high)}]"


def _chooses(split: Split) -> bool:
    """Whether searches go by the split."""
    return split != "sealed"


# -- runs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ComparedRuns:
    """Two runs' selection fronts."""

    found: RunComparison

    def print(self, as_json: bool) -> None:
        """One document, or some lines for people."""
        if as_json:
            print_document(self.document())
            return
        found = self.found
        for letter, side in (("A", found.a), ("B", found.b)):
            print(f"{letter} {side.run}: hypervolume {figure(side.volume)} of the box, "
                  f"{len(side.scores)} policies of its selection front")  # fmt: skip
            for number, outcome in side.failed.items():
                for line in failure_lines(outcome):
                    print(f"  {side.run}/{number} failed: {line}")
            if words := self._breaking(side):
                print(f"  {words}: counted in nothing here")
        print(self._gain())
        if not found.is_even:
            print("these runs required different things: each front is held to its own")
        if _chooses(found.split):
            print(CHOSEN)
        names = ", ".join(o.name for o in found.shared) or "no objective"
        print(f"on the joint front over {names}:")
        for side in (found.a, found.b):
            print(f"  {_named(side)}")

    def _breaking(self, side: Side) -> str:
        problem, split = self.found.problem, self.found.split
        points = [aggregated(problem, split, score) for score in side.scores.values()]
        return breaking_words(side.required, points, "on its front")

    def _gain(self) -> str:
        found = self.found
        if not found.boxed:
            return "no exact objective of both has a limit: there is no box, and no volume"
        said = found.gain.note if found.verdict == "too few clusters" else found.verdict
        return (
            f"A - B: {figure(found.gain.estimate)}, 95 % interval {_bounds(found.gain)} over "
            f"{found.gain.clusters} clusters\n"
            f"{', '.join(o.name for o in found.boxed)} on the {found.split} workloads: {said}"
        )

    def document(self) -> dict[str, Any]:
        """The JSON document of `adrs compare A B --json` for runs."""
        found = self.found
        return {
            "kind": "runs",
            "problem": identity_of(found.problem),
            "split": found.split,
            "chosen_here": _chooses(found.split),
            "volume_objectives": [o.name for o in found.boxed],
            "front_objectives": [o.name for o in found.shared],
            "a": _side_document(found.a, bool(found.boxed)),
            "b": _side_document(found.b, bool(found.boxed)),
            "gain": found.gain.estimate if found.boxed else None,
            "interval": interval_document(found.gain) if found.boxed else None,
            "verdict": found.verdict if found.boxed else None,
        }


def _named(side: Side) -> str:
    ids = [f"{side.run}/{n}" for n in side.joint_front]
    more = f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else ""
    return f"{len(ids)} of {len(side.scores)}: {', '.join(ids[:MOST_NAMED]) or '-'}{more}"


def _side_document(side: Side, has_volume: bool) -> dict[str, Any]:
    failed: Mapping[str, Any] = {
        f"{side.run}/{n}": outcome_document(outcome) for n, outcome in side.failed.items()
    }
    return {
        "run": side.run,
        "hypervolume": side.volume if has_volume else None,
        "front": [f"{side.run}/{n}" for n in side.scores],
        "joint_front": [f"{side.run}/{n}" for n in side.joint_front],
        "failed": failed,
        **_required(side),
    }


def _required(side: Side) -> dict[str, Any]:
    """What it broke and so does not count; nothing where nothing is required."""
    if not side.required:
        return {}
    return {
        "require": [c.text for c in side.required],
        "breaking": [f"{side.run}/{n}" for n in side.breaking],
    }
