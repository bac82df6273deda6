"""What a search was worth: its runs beside those of the control arms, seed by seed.

Everything is read from the runs' journals. Only seeds that both arms have are compared, and fewer
than 8 of them give no interval (`evaluators.stats`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import chain
from statistics import fmean
from typing import Any

import numpy as np

from archive.entry import num_evaluated
from archive.library import aggregated
from archive.store.places import store_at
from evaluators.contract import Score
from evaluators.errors import UsageError
from evaluators.scoring import is_clean
from evaluators.stats import Interval, paired_difference
from evolve.runs import Run, open_run
from evolve.settings import ARMS, Arm, ModelSettings, Settings
from evolve.volumes import Volumes

ENDED = ("evaluations", "seconds", "exhausted", "spent")  # a run that will not go on by itself
TITLES: Mapping[Arm, str] = {
    "full": "the search",
    "independent": "independent sampling",
    "greedy": "greedy (1+1)",
    "embedded": "the model-free search",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One run of an arm, with what its front covers of the box on each split."""

    run: str
    arm: Arm
    seed: int
    evaluations: int
    failed: int
    calls: int
    usd: str
    front: int
    search_volume: float
    selection_volume: float
    sealed_volume: float
    code: str  # the digest of our own that searched

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class Controls:
    """The cells of one comparison."""

    cells: Sequence[Cell]

    @property
    def arms(self) -> list[Arm]:
        """Those that have a cell, the search first."""
        return [arm for arm in ARMS if self.of(arm)]

    def of(self, arm: Arm) -> list[Cell]:
        """An arm's cells by seed."""
        return sorted((c for c in self.cells if c.arm == arm), key=lambda c: c.seed)

    def volume(self, arm: Arm) -> float:
        """What the arm's fronts cover of the sealed box, the mean over its seeds."""
        return fmean(c.sealed_volume for c in self.of(arm))

    def evaluations(self, arm: Arm) -> float:
        """How many candidates the arm played, the mean over its seeds."""
        return fmean(c.evaluations for c in self.of(arm))

    def difference(self, arm: Arm) -> Interval | None:
        """The search less the arm, over seeds; None when no seed has both."""
        ours, theirs = ({c.seed: c.sealed_volume for c in self.of(a)} for a in ("full", arm))
        seeds = sorted(ours.keys() & theirs.keys())
        if not seeds:
            return None
        rng = np.random.default_rng(0)  # the same interval whenever it is asked for
        return paired_difference([ours[s] for s in seeds], [theirs[s] for s in seeds], seeds, rng)

    @property
    def verdict(self) -> str:
        """One sentence. What is not shown is not claimed."""
        against = {a: d for a in self.arms if a != "full" and (d := self.difference(a))}
        if not against:
            return "Whether the search was worth its budget is open: no control arm had the same."
        lows = [d.low for d in against.values()]
        highs = [d.high for d in against.values()]
        if all(low is not None and low > 0 for low in lows):
            word = "was worth"
        elif any(high is not None and high < 0 for high in highs):
            word = "was not worth"
        else:
            word = "is not shown to have been worth"
        found = ", ".join(f"{difference_words(d)} against {TITLES[a]}" for a, d in against.items())
        return f"The search {word} its budget here: {found}{self._remarks()}."

    def _remarks(self) -> str:
        """What of the cells is uneven, in brackets; empty where nothing is."""
        seeds = {frozenset(c.seed for c in self.of(arm)) for arm in self.arms}
        codes = {c.code for c in self.cells}
        said = ["differences are over the seeds that both have"] if len(seeds) > 1 else []
        said += [f"runs of {len(codes)} versions"] if len(codes) > 1 else []
        return f" ({'; '.join(said)})" if said else ""


def controls_of(archive: str, run: Run) -> Controls:
    """The runs of an archive that had the run's question and budget, and were opened on sealed."""
    volumes = Volumes(run.problem, "sealed", run.objectives())
    cells: dict[tuple[Arm, int], Cell] = {}
    for other in chain([run], _others(archive, run)):  # of two with its seed it is the one meant
        cell = cell_of(other, volumes)
        if cell is not None:
            cells.setdefault((cell.arm, cell.seed), cell)
    return Controls(list(cells.values()))


def cell_of(run: Run, volumes: Volumes) -> Cell | None:
    """None unless the run has ended and its whole front was played on sealed.

    Args:
        run: a run of the problem that `volumes` are of.
        volumes: on the sealed split.
    """
    if run.stopped not in ENDED:
        return None
    front = run.front()
    outcomes = [run.sealed_outcome(entry) for entry in front]
    if None in outcomes:
        return None
    scores = [o for o in outcomes if isinstance(o, Score) and is_clean(o) and _counts(run, o)]
    decisions, spending = run.decisions(), run.spending()
    return Cell(
        run=run.name,
        arm=run.settings.arm,
        seed=run.settings.seed,
        evaluations=num_evaluated(decisions, run.failures()),
        failed=decisions.get("failed", 0),
        calls=spending.calls,
        usd=str(spending.known.usd),
        front=len(front),
        search_volume=run.hypervolume("search"),
        selection_volume=run.hypervolume("selection"),
        sealed_volume=volumes.volume(scores),
        code=run.versions.get("code", ""),
    )


def _counts(run: Run, sealed: Score) -> bool:
    """Whether it meets what the run required: nothing else is part of what it found."""
    return not run.broken(aggregated(run.scale, "sealed", sealed))


def is_alike(a: Settings, b: Settings) -> bool:
    """Whether two runs had the same question and budget; one without models spends none of it."""
    if "embedded" in (a.arm, b.arm):
        a, b = without_models(a), without_models(b)
    return _compared(a) == _compared(b)


def without_models(settings: Settings) -> Settings:
    """The same search by operators alone."""
    return replace(settings, model=ModelSettings(), usd=None, tokens=None, hints=(), ask_tell=0)


def _compared(settings: Settings) -> Settings:
    """Less what decides nothing, and what arms and seeds differ in."""
    model = replace(settings.model, key_file=None, key_variable=None)
    alike = replace(
        settings, arm="full", seed=0, name=None, archive="", unsafe_no_sandbox=False, model=model
    )
    is_timed = settings.seconds is not None  # then who evaluates decides how much is searched
    return alike if is_timed else replace(alike, workers=None, executor="local")


def _others(archive: str, run: Run) -> Iterator[Run]:
    """The other runs of the archive with the run's question and budget."""
    for name in store_at(archive).names():
        if name == run.name:
            continue
        try:
            other = open_run(archive, name)
        except UsageError:
            continue  # a run that cannot be read is nobody's control
        with closing(other):
            if other.identity == run.identity and is_alike(other.settings, run.settings):
                yield other


def difference_words(difference: Interval) -> str:
    """A difference over seeds, with its interval or why there is none."""
    if difference.low is None or difference.high is None:
        seeds = "seed" if difference.clusters == 1 else "seeds"
        return f"{difference.estimate:+.4f} (no interval from {difference.clusters} {seeds})"
    return f"{difference.estimate:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
