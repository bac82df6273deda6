"""A policy in the interface of a real serving system: one module that stands by itself.

An adapter is the exported policy with text of ours behind it (`texts/`): how the policy is asked,
what the targets of one problem share, and the system's own interface.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.entry import Entry
from archive.export.module import export_module
from archive.export.reduction import Reduced
from archive.export.standing import Scored
from evaluators.contract import Problem
from evaluators.errors import UsageError, nearest_hint
from evaluators.parsing import parsed_module

_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Target:
    """A real system that policies of one problem can be put into."""

    problem: str
    texts: tuple[str, ...]  # what is put behind the policy, in this order
    use: str  # how to put it in force


_PLACING = ("torch", "policy", "placement")
_QUEUEING = ("policy", "requests")
_INSTALL = "call install() in every process before the engine starts"
TARGETS: Mapping[str, Target] = {
    "deepseek-eplb": Target(
        "expert_placement", (*_PLACING, "deepseek_eplb"), "call rebalance_experts() in eplb's place"
    ),
    "sglang-eplb": Target("expert_placement", (*_PLACING, "sglang_eplb"), _INSTALL),
    "vllm-eplb": Target("expert_placement", (*_PLACING, "vllm_eplb"), _INSTALL),
    "sglang-schedule": Target("request_scheduling", (*_QUEUEING, "sglang_schedule"), _INSTALL),
    "vllm-priority": Target(
        "request_scheduling",
        (*_QUEUEING, "vllm_priority"),
        "start vLLM with --scheduler-cls MODULE.DiscoveredScheduler --scheduling-policy priority",
    ),
}


def targets_of(problem: Problem) -> list[str]:
    """The names of the targets that fit a problem."""
    return [name for name, target in TARGETS.items() if target.problem == problem.name]


def check_target(name: str, problem: Problem) -> Target:
    """The target of that name. Raises UsageError for one that is unknown or does not fit."""
    if name not in TARGETS:
        raise UsageError(f"unknown target {name!r}", nearest_hint(name, TARGETS))
    target = TARGETS[name]
    if target.problem != problem.name:
        fitting = targets_of(problem)
        raise UsageError(
            f"target {name!r} is for policies of {target.problem}, not of {problem.name}",
            f"those of {problem.name}: {', '.join(fitting)}"
            if fitting
            else f"no target is known for {problem.name}: export it without --target",
        )
    return target


def export_adapter(
    name: str,
    problem: Problem,
    run: str,
    entry: Entry,
    entries: Sequence[Entry],
    reduced: Reduced | None = None,
    scored: Scored | None = None,
) -> str:
    """The module's text.

    Args:
        name: the target's.
        problem: the problem that the entry was scored on.
        run: the name of the run that found it.
        entry: what to export.
        entries: all of the run, for baselines and lineage.
        reduced: what takes the place of the entry's own source.
        scored: as in `export_module`.

    Raises:
        UsageError: the target does not fit, or the policy uses a name that the adapter needs.
    """
    target = check_target(name, problem)
    policy = export_module(problem, run, entry, entries, reduced, scored)
    adapter = "\n\n".join(_text(t) for t in target.texts)
    for key, value in _constants(problem).items():
        adapter = adapter.replace(f"@{key}@", value)
    _check_names(policy, adapter, problem.signature.entry)
    return f"# For {name}: {target.use}.\n{policy}\n\n{adapter}"


def _text(name: str) -> str:
    return (_TEXTS / f"{name}.txt").read_text("utf-8")


def _constants(problem: Problem) -> dict[str, str]:
    """What the texts leave open, as the problem has it."""
    constants = {"ENTRY": problem.signature.entry}
    if problem.name == "expert_placement":
        constants["WINDOWS"] = str(problem.parameters.history_windows)
        constants["INTERVAL"] = str(problem.parameters.interval_windows)
    if problem.name == "request_scheduling":
        workload = problem.workloads("selection")[0]
        constants["ENGINE"] = repr(dict(problem.given(workload)))
        constants["RESERVED"] = repr(problem.parameters.reserve_full_prompt)
        for key in ("ttft_slo_s", "tpot_slo_s"):
            constants[key.upper()] = repr(float(workload.content[key].max()))
    return constants


def _check_names(policy: str, adapter: str, entry: str) -> None:
    """Refuse a policy that would find the adapter's names in the place of its own."""
    tree = parsed_module(policy)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    bound = {n for s in tree.body for n in _bound_by(s)} - {entry}
    clash = {n for s in parsed_module(adapter).body for n in _bound_by(s)} & (used | bound)
    if clash:
        raise UsageError(
            f"the policy uses the name {min(clash)!r}, which the adapter needs",
            "rename it in a copy, and start a run with --seed-policy from that",
        )


def _bound_by(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [(alias.asname or alias.name).partition(".")[0] for alias in names]
        case _:
            nodes = list(ast.walk(statement))
            aliases = [n.asname or n.name for n in nodes if isinstance(n, ast.alias)]
            stored = [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
            return [*aliases, *(name.id for name in stored)]
