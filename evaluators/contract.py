"""What a problem is and what an evaluation says: the vocabulary of the whole project.

A problem is a generator that asks questions: `action = yield observation` is the whole interface
between a simulator and a policy. The problem owns workload, simulator, random numbers and scorer;
it validates every action, recomputes everything from the action and its own data, and never
believes a number that a policy reports.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol, get_args

import numpy as np

from evaluators.errors import UsageError
from evaluators.signature import Signature, Values

Split = Literal["search", "selection", "sealed", "tiny"]
SPLITS: tuple[Split, ...] = get_args(Split)
Better = Literal["higher", "lower"]
ObjectiveKind = Literal["exact", "measured"]
Aggregate = Literal["mean", "worst"]
Observation = Values
Action = Mapping[str, Any]  # always by field name, also when the signature has one action field
FailureKind = Literal[
    "syntax",
    "forbidden import",
    "no entry",
    "crash",
    "time",
    "memory",
    "invalid action",
    "policy violation",
    "shares state between episodes",
    "non-deterministic",
    "not run",
    "rejected reply",  # what a model or a person answered holds no policy
]

ALLOWED_MODULES: tuple[str, ...] = (
    "__future__", "bisect", "collections", "dataclasses", "enum", "functools", "heapq", "itertools",
    "math", "numpy", "operator", "random", "statistics", "typing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Objective:
    """One quantity that a policy is judged by.

    `reference` is the bad corner of the hypervolume's box, `worst` (finite, no better than
    `reference`) is charged for a failed workload, `resolution` is the smallest difference that
    matters: dominance is decided on that grid. `aggregate` makes workloads one number: `mean`
    within each family, then over families; or the `worst` workload's. A `measured` objective that
    an episode's `Measurements` name is what the problem read from a device; any other one is the
    child's CPU time per decision, read from outside, as a ratio to that of the problem's
    `reference_policy` in the same slot; where a policy `can_ask_more`, of at most as many decisions
    as the reference is asked for.
    """

    name: str
    unit: str
    better: Better
    kind: ObjectiveKind
    reference: float
    worst: float
    resolution: float
    aggregate: Aggregate = "mean"
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Real data that a workload uses: rows `start` <= i < `stop` of `source`."""

    source: str
    start: int
    stop: int


@dataclass(frozen=True)
class Workload:
    """One instance. `content` holds every number of it; `cluster` is what is one sample."""

    id: str
    family: str
    cluster: str
    content: Mapping[str, np.ndarray]
    spans: tuple[Span, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of family and content: equal digests are the same instance."""
        sha = hashlib.sha256(self.family.encode())
        for name in sorted(self.content):
            array = np.ascontiguousarray(self.content[name])
            sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
            sha.update(array.tobytes())
        return sha.hexdigest()


@dataclass(frozen=True, slots=True)
class Measurements:
    """What one episode came to: objectives by name, and the simulator's own breakdown.

    All exact ones are there, and of the measured ones those that are read from a device.
    """

    values: Mapping[str, float]
    breakdown: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bound:
    """A proved limit of one objective on one workload."""

    value: float
    kind: Literal["optimum", "bound"]
    proof: str


@dataclass(frozen=True)
class Policy:
    """Source text with one entry."""

    name: str
    source: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the exact source."""
        return hashlib.sha256(self.source.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Failure:
    """A candidate's fault. The message is written for the one who must mend it."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Score:
    """A value per objective per workload (worst where it failed), and the failures."""

    values: Mapping[str, Mapping[str, float]]  # objective -> workload id -> value
    failures: Mapping[str, Failure] = field(default_factory=dict)  # workload id -> failure
    breakdown: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # workload id ->


Outcome = Score | Failure


@dataclass(frozen=True, slots=True)
class Feature:
    """One way in which policies behave differently, whatever that is worth: an axis of the grid in
    which a search by `selection = "grid"` keeps the best of every way to behave.

    `of` takes a score without failures and gives a number from 0 to 1.
    """

    name: str
    of: Callable[[Score], float]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Forgery:
    """A lie about an answer, for the red team: put around a baseline, it must not pay.

    `body` is the body of a Python function of `answer`, the baseline's by field name, and `fields`,
    all that the policy was shown by name (it may write to the arrays); it returns the forged
    answer, or raises. `effect` is what tells that the evaluator believed it: an answer that breaks
    a rule is `accepted`; the baseline's decisions are scored `better` than the baseline in an exact
    objective; the evaluation is `drawn out` to many times what the baseline's takes.
    """

    body: str
    effect: Literal["accepted", "better", "drawn out"]


@dataclass(frozen=True, slots=True)
class Variation:
    """The same problem under another setting, to see how far a policy's advantage carries.

    `axis` is what is varied (load, trace, engine constants, ...), `name` to what; `parameters` are
    those that differ from the problem's own, as `--param` takes them. `keeps_file`: whether it
    plays the workload file that the problem was given, if any, or what the problem has without.
    """

    axis: str
    name: str
    parameters: Mapping[str, str]
    keeps_file: bool = True


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Time and memory limits of a policy in its sandbox.

    Seconds are the child's CPU time, or a quarter of the time waited for it if that is more: a
    busy machine does not make a policy late. `episode_s` is per episode, held over all episodes
    that are played together.
    """

    load_s: float = 5.0
    call_s: float = 2.0
    episode_s: float = 60.0
    memory_mb: int = 512


@dataclass(frozen=True, slots=True)
class NoParameters:
    """What a problem is made with that has nothing to set."""


class Problem(Protocol):
    """The contract of a problem; a user's own subclasses it and fills in what has no default.

    The constructor takes `parameters` (an instance of the class attribute `Parameters`, a frozen
    dataclass whose fields are int, float, bool or str with defaults) and the path of a workload
    file or None. Raises UsageError for a file where the problem reads none.
    """

    name: ClassVar[str]
    version: ClassVar[int]  # raised by hand when any score may change
    Parameters: ClassVar[type[Any]] = NoParameters
    parameters: Any
    statement: str  # Markdown for the proposer: units, shapes, rules
    signature: Signature
    objectives: tuple[Objective, ...]  # at least two
    features: tuple[Feature, ...] = ()  # of behaviour; without any there is no grid
    prelude: str = ""  # helper source compiled in the child before the policy
    allowed_modules: tuple[str, ...] = ALLOWED_MODULES
    deadlines: Deadlines = Deadlines()
    reference_policy: str = ""  # the baseline that measured objectives are relative to
    can_ask_more: bool = False  # a policy may bring about decisions: they make its CPU no cheaper
    in_real_time: bool = False  # episodes run against a clock: one after another, never the same
    salt: str = ""  # mixed into the seeds of the sealed split that is drawn; "": as published
    unvaried: Mapping[str, str] = MappingProxyType({})  # axis of robustness -> why none is offered

    def __init__(self, parameters: Any = None, workload_file: str | None = None) -> None:
        if workload_file is not None:
            raise UsageError(f"{self.name} reads no workload file", "leave --workload out")
        self.parameters = self.Parameters() if parameters is None else parameters

    def workloads(self, split: Split) -> Sequence[Workload]:
        """The instances of one split, the same objects' content at every call."""
        ...

    def given(self, workload: Workload) -> Values:
        """The `given` fields of an episode on this workload, without `seed`."""
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        """Play one episode. Raises InvalidAction when an answer breaks a rule."""
        ...

    def baselines(self) -> Mapping[str, Policy]:
        """Published policies by name, from seeds/<problem>/."""
        ...

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        """Proved limits by objective; an objective without one is absent."""
        return {}

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """Clairvoyant heuristics by name: shown, not enforced."""
        return {}

    def variations(self) -> Sequence[Variation]:
        """Settings under which `adrs report --robustness` plays a winner again.

        Each makes a problem of the same fields and objectives. What is played is its selection
        split: at least 8 clusters, and little enough that all baselines take a minute.
        """
        return ()

    def on_device(self, device: str) -> Problem:
        """The same problem with what its episodes come to measured on a device, not simulated.

        Workloads, questions and answers are the same; each objective stands where the one stood
        that it is measured in the place of. Nothing is opened before `prepare`.

        Args:
            device: "cuda:N", or "cpu" for tests.

        Raises:
            UsageError: this problem has no such form.
        """
        raise UsageError(f"{self.name} is not played on a device", "its episodes are simulated")

    @property
    def simulated(self) -> Problem:
        """The form that needs no device: itself, where it is not `on_device`."""
        return self

    def prepare(self) -> str:
        """Take what episodes need in the process that plays them, once; what measures them, in a
        line, where that is not the CPU. Raises UsageError with what is missing.
        """
        return ""

    def forgeries(self) -> Mapping[str, Forgery]:
        """Lies by name that an evaluator of this problem might believe: `adrs redteam` tells them.

        Those that follow from the signature and the objectives need not be among them.
        """
        return {}
