"""A policy as a package of its own: module, tests with golden actions, and a README."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archive.constraint import Constraint
from archive.entry import Entry
from archive.export.golden import golden_file
from archive.export.interface import interface
from archive.export.module import export_module, lineage_lines, reduction_lines
from archive.export.reduction import Reduced
from archive.export.standing import Scored, Standing, standings
from evaluators.contract import Problem, Score, Split
from evaluators.identity import identity_of, problem_digest
from evaluators.writing import check_new, writing

_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Package:
    """What goes into a package.

    `scores`: the entry's values per workload, for intervals. `reduced`: what takes the place of its
    own source. `required`: what a baseline has to meet to be named as the best.
    """

    problem: Problem
    run: str
    entry: Entry
    entries: Sequence[Entry]
    scores: Mapping[Split, Score]
    reduced: Reduced | None = None
    required: Sequence[Constraint] = ()

    @property
    def module(self) -> str:
        """The name that it is imported by."""
        return re.sub(r"\W+", "_", self.problem.name).strip("_").lower() + "_policy"

    def write(self, folder: Path, unsafe_no_sandbox: bool = False) -> None:
        """Write the package into a new folder; the policy is played for its golden actions.

        Raises:
            UsageError: the folder is there already or cannot be made, or the policy fails.
        """
        check_new(folder)
        files = self._files(unsafe_no_sandbox)
        with writing(folder, "name a folder that can be made"):
            for name, content in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def _files(self, unsafe_no_sandbox: bool) -> dict[str, str | bytes]:
        source = self.reduced.source if self.reduced else self.entry.proposal.source
        scored = Scored(self.problem, identity_of(self.problem), self.required)
        test = (_TEXTS / "test_policy.txt").read_text("utf-8")
        return {
            "pyproject.toml": self._pyproject(),
            "README.md": "\n".join(self._readme()) + "\n",
            f"{self.module}/__init__.py": export_module(
                self.problem, self.run, self.entry, self.entries, self.reduced, scored
            ),
            "tests/test_policy.py": test.replace("@MODULE@", self.module),
            "tests/golden.json.gz": golden_file(self.problem, source, unsafe_no_sandbox),
        }

    def _pyproject(self) -> str:
        numpy = ".".join(np.__version__.split(".")[:2])
        return "\n".join(
            [
                "[build-system]",
                'requires = ["hatchling"]',
                'build-backend = "hatchling.build"',
                "",
                "[project]",
                f'name = "{self.module.replace("_", "-")}"',
                'version = "1.0.0"',
                f'description = "A policy for {self.problem.name}, found by adrs"',
                'readme = "README.md"',
                'requires-python = ">=3.11"',
                f'dependencies = ["numpy>={numpy}"]  # what it was played with',
                "",
                "[project.optional-dependencies]",
                'test = ["pytest"]',
                "",
                "[tool.hatch.build.targets.wheel]",
                f'packages = ["{self.module}"]',
                "",
                "[tool.pytest.ini_options]",
                'testpaths = ["tests"]',
                "",
            ]
        )

    def _readme(self) -> Iterator[str]:
        entry, problem = self.entry, self.problem
        yield f"# {self.module}"
        yield ""
        yield f"A policy for `{problem.name}`: entry {entry.number} of the adrs run `{self.run}`."
        yield ""
        yield "    pip install .       # Python >= 3.11 and numpy"
        yield "    pytest .            # golden actions, and the rules that an answer has to keep"
        yield ""
        yield "```python"
        yield f"import {self.module} as policy"
        yield "```"
        yield ""
        yield f"`policy.{problem.signature.entry}` is a function of the fields that its parameters"
        yield "name, or the method of a class that is built once with those of the first group."
        yield ""
        yield from (f"    {line}" for line in interface(problem.signature))
        yield ""
        yield "## Scores"
        yield ""
        found = standings(problem, entry, self.entries, self.scores, self.required)
        yield from _score_tables(found)
        yield "## Lineage"
        yield ""
        yield from (f"    {line}" for line in lineage_lines(problem, entry, self.entries))
        yield ""
        yield "## What it was found with"
        yield ""
        yield f"* policy: {entry.proposal.digest} (SHA-256), by {entry.proposal.proposer}"
        yield f"* problem: {problem.name} version {problem.version}, {problem_digest(problem)}"
        yield f"* numpy {np.__version__}"
        yield ""
        if self.reduced is not None:
            yield from ("## Reduced", "")
            yield from (f"    {line}" for line in reduction_lines(self.reduced))
            yield ""
        yield from _BEWARE


_BEWARE = (
    "## What these numbers do not say",
    "",
    "They come from a simulator and from its workloads; the problem's own documentation says what",
    "the model leaves out. The tests hold the policy to what it did there. On other shapes, loads",
    "or versions of numpy it may decide otherwise, or fail: watch its first decisions.",
)


def _score_tables(found: Sequence[Standing]) -> Iterator[str]:
    if not found:
        yield from ("It was not scored on every workload.", "")
    for split in dict.fromkeys(s.split for s in found):
        of_split = [s for s in found if s.split == split]
        yield f"On the {split} workloads:"
        yield ""
        yield "| objective | better | value | 95% interval | best baseline | limit |"
        yield "|---|---|---|---|---|---|"
        yield from (_row(s) for s in of_split)
        yield ""
        yield from _notes(of_split)


def _row(s: Standing) -> str:
    objective = s.objective
    unit = f" {objective.unit}" if objective.unit not in ("", "1") else ""
    interval = "-"
    if s.interval is not None and s.interval.low is not None:
        interval = f"{s.interval.low:.4g} to {s.interval.high:.4g}"
    baseline = f"{s.best_baseline[1]:.4g} ({s.best_baseline[0]})" if s.best_baseline else "-"
    limit = f"{s.limit.value:.4g} ({s.limit.kind})" if s.limit else "none known"
    cells = (objective.name, objective.better, f"{s.value:.4g}{unit}", interval, baseline, limit)
    return f"| {' | '.join(cells)} |"


def _notes(found: Sequence[Standing]) -> Iterator[str]:
    for note in dict.fromkeys(s.interval.note for s in found if s.interval and s.interval.note):
        yield from (f"{note[0].upper()}{note[1:]}.", "")
    for proof in dict.fromkeys(s.limit.proof for s in found if s.limit):
        yield f"* limit: {proof}"
    yield ""
