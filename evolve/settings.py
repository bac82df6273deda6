"""How a run is set up: one frozen object, stored with the run as plain JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from evaluators.errors import UsageError, nearest_hint
from evaluators.registry import ProblemSpec

BUDGETS = ("evaluations", "usd", "tokens")  # what a resumption may add to
SECONDS_IN_ALL = (
    "seconds_in_all"  # what the note of a resumption calls the run's seconds since then
)

EMBEDDED_SHARE = 0.25  # what was measured to pay: docs/results.md

Arm = Literal["full", "independent", "greedy", "embedded"]
ARMS: tuple[Arm, ...] = get_args(Arm)


@dataclass(frozen=True)
class ModelSettings:
    """Which models are asked, and how. Keys of the user's are never here."""

    names: tuple[str, ...] = ()
    """`provider/name` each: `openai/gpt-5`, `anthropic/...`, or any provider of litellm's."""
    weights: tuple[float, ...] = ()
    """Shares of the choices that go by no experience, one per model; empty: equal ones."""
    base_url: str | None = None
    """Of an OpenAI-compatible server; None: the provider's own."""
    key_variable: str | None = None
    """The environment variable that holds the key; None: the provider's usual one."""
    key_file: str | None = None
    """A file that holds it."""
    usd_per_mtok: tuple[float, float] | None = None
    """Dollars per million tokens (input, output); None: as published."""
    concurrency: int = 4
    """Calls on the wire at once, per model."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 600.0
    """For one call, from sending to the last byte."""
    prompt_tokens: int = 40_000
    """The most that a prompt may have, counted in bytes."""
    output_tokens: int = 8_000
    """The most that a reply may have, reasoning included."""
    temperature: float | None = None
    """None: not sent."""
    reflect_every: int = 0
    """So many proposals have one that begins with drawing lessons from what was tried; 0: none."""
    embedded_share: float = EMBEDDED_SHARE
    """The part of the proposals that operators and tuner make, without a call; 0: none."""

    def __post_init__(self) -> None:
        if self.weights and len(self.weights) != len(self.names):
            raise UsageError(
                f"model.weights has {len(self.weights)} numbers for {len(self.names)} models",
                "give one for each --model, in their order",
            )


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's course, and where it is kept."""

    problem: ProblemSpec
    evaluations: int = 400
    """How many candidates may be evaluated on the search split, seed policies included."""
    seconds: float | None = None
    """Of search, over all resumptions; None: no limit."""
    seed: int = 0
    workers: int | None = None
    """Evaluator processes; None: one per CPU. Never changes what an exact run finds."""
    executor: str = "local"
    """Where they are: `local`, `ray` (a Ray of the run's own), `HOST:PORT` or `ray://HOST:PORT`."""
    selection: str = "uniform"
    """How parents are chosen: one of `evolve.selection.SELECTIONS`."""
    stagnation: int = 0
    """So many commits without a gain are a standstill, which is answered by restarting from the
    front with wider edits, or by asking another model for something new; 0: nothing is one."""
    lookahead: int = 16
    """Proposal i sees what was committed up to i - lookahead."""
    racing: bool = False
    """A few search workloads first, the others for who might join the front."""
    exact: bool = False
    """Measured objectives are recorded, but decide nothing."""
    objectives: tuple[str, ...] = ()
    """The names that the front is over; empty: all."""
    require: tuple[str, ...] = ()
    """Constraints such as `moved_share<=0.1`: satisfied first."""
    seed_policies: tuple[str, ...] = ()
    """Policies beside the baselines that the search starts from: source texts."""
    model: ModelSettings = ModelSettings()
    usd: str | None = None
    """Dollars that calls to models may cost, in decimal; None: no limit."""
    tokens: int | None = None
    """Tokens that they may use, input and output together; None: no limit."""
    hints: tuple[str, ...] = ()
    """What a person tells the models."""
    ask_tell: int = 0
    """How many prompts wait for people at once (`adrs ask`); 0: nobody is asked."""
    arm: Arm = "full"
    """Of a comparison of searches: the search itself, or what it has to beat."""
    name: str | None = None
    archive: str = "runs"
    unsafe_no_sandbox: bool = False

    def __post_init__(self) -> None:
        if self.arm not in ARMS:
            raise UsageError(f"no arm is called {self.arm!r}", nearest_hint(self.arm, ARMS))
        if self.arm == "embedded" and self.asks:
            raise UsageError("the arm embedded asks nobody", "leave models and people out")

    @property
    def asks(self) -> bool:
        """Whether prompts are written, for models or for people; else operators propose."""
        return bool(self.model.names) or self.ask_tell > 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dataclasses.asdict(self)

    def resumed(self, notes: Iterable[tuple[str, Mapping[str, Any], str]]) -> Settings:
        """These settings with the budgets of the last resumption that was noted."""
        given = [content for kind, content, _ in notes if kind == "resume"]
        budgets = {k: content[k] for content in given for k in BUDGETS if k in content}
        seconds = [content[SECONDS_IN_ALL] for content in given if SECONDS_IN_ALL in content]
        return dataclasses.replace(self, **budgets, seconds=([self.seconds, *seconds])[-1])

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """The settings that `to_json` gave; runs of before had no proposals without a call."""
        _check_known(cls, data)
        _check_known(ModelSettings, data.get("model", {}))
        model = ModelSettings(**{"embedded_share": 0.0, **_tuples(data.get("model", {}))})
        problem = ProblemSpec(**data["problem"])
        return cls(**{**_tuples(data), "problem": problem, "model": model})


def _check_known(cls: type[Settings | ModelSettings], data: Mapping[str, Any]) -> None:
    """Raises UsageError for what a later version has added."""
    if unknown := sorted(data.keys() - {f.name for f in dataclasses.fields(cls)}):
        raise UsageError(
            f"the run has settings that this version does not know: {', '.join(unknown)}",
            "a later version started it: use that one",
        )


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
