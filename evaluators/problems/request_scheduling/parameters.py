"""What a user may set, and the settings under which a winner is played again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluators.contract import Variation
from evaluators.engines.cost_model import CostModel, is_calibration_file
from evaluators.engines.serving import Rules
from evaluators.errors import nearest_hint
from evaluators.parameters import added
from evaluators.problems.request_scheduling.clients import CLASSES, TENANTS
from evaluators.problems.request_scheduling.lengths import TRACES
from evaluators.problems.request_scheduling.observation import MOST_TENANTS

LEAST_KV_TOKENS = 1024  # requests are cut to half of the memory: below, little is left of them
LEAST_REQUESTS = 40  # of a selection workload: one in ten warms up
VARIED_REQUESTS = 750  # of a workload in a variation: a twelfth of selection's, paired all the same


@dataclass(frozen=True, slots=True)
class SchedulingParameters:
    """What `--param` may set. Raises ValueError for what cannot be played."""

    engine: str = ""  # one of cost_model.ENGINES or a calibration file; default: the first of them
    kv_capacity_tokens: int = 0  # 0: so little for each workload that requests wait for memory
    calibration: str = ""  # a TOML or JSON file with the constants of an engine, as by `engine`
    load: float = added(0.0)  # of the rate that fcfs sustains; 0: each workload's own
    requests: int = added(0)  # of a selection workload; 0: its own number
    trace: str = added("")  # lengths of one of `lengths.TRACES`; "": the scenarios' own
    iteration_s_factor: float = added(1.0)  # the engines' constants are those published times these
    token_s_factor: float = added(1.0)
    kv_token_s_factor: float = added(1.0)
    sequence_s_factor: float = added(1.0)
    reserve_full_prompt: bool = added(True)  # else a prompt takes its memory chunk by chunk
    tenants: int = added(TENANTS)
    interactive_share: float = added(CLASSES[0].share)  # of the requests; the other classes shrink
    restarts: int = added(0)  # of the engine, evenly over the arrivals: the KV cache is lost
    restart_s: float = added(5.0)  # how long each takes
    model: str = added("")  # decoder on a device: 8b, 1b, tiny; default: the calibration's, or 8b
    timed_requests: int = added(300)  # first ones of each workload that are played on a device

    def __post_init__(self) -> None:
        self._check_memory_and_engine()
        if self.timed_requests < LEAST_REQUESTS:
            raise ValueError(f"timed_requests is {self.timed_requests}, expected at least 40")
        if self.requests and self.requests < LEAST_REQUESTS:
            raise ValueError(f"requests is {self.requests}, expected 0 or at least 40")
        if self.trace and self.trace not in TRACES:
            raise ValueError(f"unknown trace {self.trace!r}, {nearest_hint(self.trace, TRACES)}")
        if not 2 <= self.tenants <= MOST_TENANTS:
            raise ValueError(f"tenants is {self.tenants}, expected 2 to {MOST_TENANTS}")
        if not 0 <= self.interactive_share <= 1:
            raise ValueError(f"interactive_share is {self.interactive_share}, expected 0 to 1")
        for name in ("load", "restarts", "restart_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, expected at least 0")
        for name, factor in self._factors().items():
            if factor <= 0:
                raise ValueError(f"{name}_factor is {factor}, expected above 0")

    def _check_memory_and_engine(self) -> None:
        if self.kv_capacity_tokens and self.kv_capacity_tokens < LEAST_KV_TOKENS:
            raise ValueError(
                f"kv_capacity_tokens is {self.kv_capacity_tokens},"
                f" expected 0 or at least {LEAST_KV_TOKENS}"
            )
        if self.engine and self.calibration:
            raise ValueError("both engine and calibration are given, expected one of them")

    @property
    def calibration_file(self) -> str:
        """The file that the engine's constants are in; empty: it is one of ENGINES."""
        return self.engine if is_calibration_file(self.engine) else self.calibration

    def _factors(self) -> dict[str, float]:
        names = ("iteration_s", "token_s", "kv_token_s", "sequence_s")
        return {name: getattr(self, f"{name}_factor") for name in names}

    def cost_of(self, published: CostModel) -> CostModel:
        """The engine as it is: its published constants times the factors."""
        constants = {k: getattr(published, k) * factor for k, factor in self._factors().items()}
        return dataclasses.replace(published, **constants)

    def rules(self) -> Rules:
        """How the engine gives out memory, and when it restarts."""
        return Rules(self.reserve_full_prompt, self.restarts, self.restart_s)

    def remarks(self) -> Iterator[str]:
        """What the statement says otherwise."""
        if not self.reserve_full_prompt:
            yield (
                "**Memory, unlike above**: a request is admitted when its first chunk fits, and its"
                " prompt takes memory chunk by chunk, as far as there is any."
            )
        if self.restarts:
            yield (
                f"**Restarts**: {self.restarts} times in an episode the engine restarts for"
                f" {self.restart_s:g} s, and what was running waits again as if preempted."
            )

    def class_shares(self) -> list[float]:
        """Of the requests, by service class: the others share what is not interactive as before."""
        first, *others = (c.share for c in CLASSES)
        if self.interactive_share == first:
            return [first, *others]
        left = (1 - self.interactive_share) / sum(others)
        return [self.interactive_share, *(share * left for share in others)]


UNVARIED: Mapping[str, str] = {
    "slow iterations": "an engine's iterations take what the cost model says, without stragglers",
    "cancelled requests": "clients wait for ever: nobody who gives up is simulated",
    "several engines": "one engine serves everything: the loss of one of many is not simulated",
}


def variations(parameters: SchedulingParameters, is_recorded: bool) -> Iterator[Variation]:
    """Loads, traces, engines, memory rule, clients and restarts, one at a time."""
    for axis, name, changed in _changes(parameters):
        if is_recorded and axis == "trace":
            continue
        yield Variation(axis, name, {"requests": str(VARIED_REQUESTS), **changed})
    if is_recorded:
        changed = {"requests": str(VARIED_REQUESTS)}
        yield Variation("trace", "generated scenarios", changed, keeps_file=False)


def _changes(own: SchedulingParameters) -> Iterator[tuple[str, str, dict[str, str]]]:
    for load in ("0.7", "0.85", "1.0", "1.2"):
        yield "load", f"{load} of saturation", {"load": load}
    for trace in TRACES:
        if trace != own.trace:
            yield "trace", trace, {"trace": trace}
    yield from _corners()
    other = not own.reserve_full_prompt
    rule = "the whole prompt is reserved" if other else "a prompt takes memory chunk by chunk"
    yield "memory rule", rule, {"reserve_full_prompt": str(other)}
    for share in ("0.1", "0.9"):
        yield "heterogeneity", f"{share} of requests interactive", {"interactive_share": share}
    for tenants in ("2", "32"):
        yield "heterogeneity", f"{tenants} tenants", {"tenants": tenants}
    restarts = {"restarts": "2", "restart_s": "5.0", "load": "0.85"}
    yield "failures", "2 restarts of 5 s, at 0.85 of saturation", restarts


# The box that rankings of policies are to be checked over: what fits of one engine's constants by
# different sources disagree by. A corner of the fixed cost and one of what grows with the work.
_FIXED = {"low": ("0.8",), "high": ("1.2",)}
_WORK = {"low": ("0.85", "0.8", "0.5"), "high": ("1.15", "1.6", "2.0")}
_OF_WORK = ("token_s_factor", "kv_token_s_factor", "sequence_s_factor")


def _corners() -> Iterator[tuple[str, str, dict[str, str]]]:
    for fixed, (iteration,) in _FIXED.items():
        for work, factors in _WORK.items():
            changed = {"iteration_s_factor": iteration, **dict(zip(_OF_WORK, factors, strict=True))}
            yield "engine constants", f"fixed cost {fixed}, work {work}", changed
