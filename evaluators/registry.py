"""Problems by name: built in, by path, by entry point (`adrs.problems`)."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import inspect
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from evaluators.contract import Problem, Variation
from evaluators.engines.gpu.device import check_name
from evaluators.errors import UsageError, nearest_hint
from evaluators.proving import ProvedLimits

GROUP = "adrs.problems"
BUILT_IN = {
    "request_routing": "evaluators.problems.request_routing.problem:RequestRouting",
    "expert_placement": "evaluators.problems.expert_placement.problem:ExpertPlacement",
    "request_scheduling": "evaluators.problems.request_scheduling.problem:RequestScheduling",
    "broadcast_routing": "evaluators.problems.broadcast_routing.problem:BroadcastRouting",
    "spot_scheduling": "evaluators.problems.spot_scheduling.problem:SpotScheduling",
    "spot_scheduling_regions": (
        "evaluators.problems.spot_scheduling_regions.problem:SpotSchedulingRegions"
    ),
    "single_machine_tardiness": (
        "evaluators.problems.single_machine_tardiness.problem:SingleMachineTardiness"
    ),
    "model_placement": "evaluators.problems.model_placement.problem:ModelPlacement",
    "prefix_reordering": "evaluators.problems.prefix_reordering.problem:PrefixReordering",
    "transaction_scheduling": (
        "evaluators.problems.transaction_scheduling.problem:TransactionScheduling"
    ),
}
_TOLD = ("name", "version", "statement", "signature", "objectives")  # without a default
_DONE = ("workloads", "episode", "baselines")


@dataclass(frozen=True)
class ProblemSpec:
    """How to make a problem again, as plain data: goes to evaluators and into the journal.

    With a `salt` a problem that heeds it draws another sealed split, which nobody has seen. With a
    `device` ("cuda:0") its episodes are measured there.
    """

    name: str  # a registered name, or the path of a Python file
    parameters: Mapping[str, str] = field(default_factory=dict)
    workload_file: str | None = None
    salt: str = ""
    device: str = ""

    def load(self) -> Problem:
        """The problem; no device is opened.

        Raises:
            UsageError: an unknown name, parameter or device, a bad file, or a problem that is not
                played on a device.
        """
        cls = problem_class(self.name)
        problem = cls(parse_parameters(cls.Parameters, self.parameters), self.workload_file)
        if self.device:
            check_name(self.device)
            check_on_device(self.name, cls)
            problem = problem.on_device(self.device)
        problem.salt = self.salt
        _check_whole(problem, self.name)
        problem.limits = ProvedLimits(problem)  # type: ignore[method-assign]  # the same, asked once
        return problem

    def varied(self, variation: Variation) -> ProblemSpec:
        """The same problem under a setting that it offers."""
        parameters = {**self.parameters, **variation.parameters}
        file = self.workload_file if variation.keeps_file else None
        return dataclasses.replace(self, parameters=parameters, workload_file=file)


def problem_names() -> list[str]:
    """The registered names, without importing any problem."""
    return sorted({*BUILT_IN, *(e.name for e in importlib.metadata.entry_points(group=GROUP))})


def check_on_device(name: str, cls: type[Problem]) -> None:
    """Raises UsageError, with those that are, for a problem that is not played on a device."""
    if cls.on_device is Problem.on_device:
        able = [n for n in BUILT_IN if problem_class(n).on_device is not Problem.on_device]
        raise UsageError(f"{name} is not played on a device", f"these are: {', '.join(able)}")


def problem_class(name: str) -> type[Problem]:
    """The class behind a name or path."""
    if name.endswith(".py") or "/" in name:
        return _class_in_file(Path(name))
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        cls: type[Problem] = getattr(importlib.import_module(module), attribute)
        return cls
    for entry in importlib.metadata.entry_points(group=GROUP, name=name):
        loaded: type[Problem] = entry.load()
        return loaded
    raise UsageError(f"unknown problem {name!r}", nearest_hint(name, problem_names()))


class _AsItIs(SourceFileLoader):
    """Reads the file, and no bytecode: an edit that keeps size and second would not be seen."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _class_in_file(path: Path) -> type[Problem]:
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file() raises for some that are none
        raise UsageError(f"no problem file {path}", "give a Python file with one Problem class")
    if path.suffix != ".py":
        raise UsageError(f"{path} is not a Python file", "its name must end in .py")
    name = f"adrs_problem_{path.stem}"
    loader = _AsItIs(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    try:
        loader.exec_module(module)
    except (SyntaxError, ImportError) as error:
        raise UsageError(f"{path} does not load: {error}", "mend the file") from error
    classes = [
        c for _, c in inspect.getmembers(module, inspect.isclass)
        if Problem in c.__mro__[1:] and c.__module__ == module.__name__
    ]  # fmt: skip
    if len(classes) != 1:
        raise UsageError(
            f"{path} defines {len(classes)} Problem classes, expected one",
            "subclass evaluators.contract.Problem exactly once",
        )
    found: type[Problem] = classes[0]  # type: ignore[assignment]  # seen by its __mro__
    return found


def _check_whole(problem: Problem, name: str) -> None:
    """A problem that leaves out what has no default is refused before it is asked for."""
    told = [a for a in _TOLD if not hasattr(problem, a)]
    done = [f"{m}()" for m in _DONE if getattr(type(problem), m) is getattr(Problem, m)]
    if missing := told + done:
        raise UsageError(
            f"{name}: {type(problem).__name__} has no {', '.join(missing)}",
            "docs/problems.md says what each part of a problem is for",
        )


def parse_parameters(cls: type[Any], given: Mapping[str, str]) -> Any:
    """An instance of the parameter class with texts turned into the fields' types."""
    fields = {f.name: f for f in dataclasses.fields(cls)}
    for key in given:
        if key not in fields:
            raise UsageError(f"unknown parameter {key!r}", nearest_hint(key, fields))
    values = {k: _parse(k, v, type(fields[k].default)) for k, v in given.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise UsageError(f"parameters: {error}", "change them with --param key=value") from error


def _parse(key: str, text: str, kind: type[Any]) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise UsageError(f"parameter {key}={text!r}", "expected true or false")
        return text.lower() == "true"
    try:
        value = kind(text)
    except ValueError as error:
        raise UsageError(f"parameter {key}={text!r}", f"expected {kind.__name__}") from error
    if kind is float and not math.isfinite(value):
        raise UsageError(f"parameter {key}={text!r}", "expected a finite number")
    return value
