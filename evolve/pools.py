"""Where a run's evaluators are: on this machine, or on the nodes of a Ray cluster."""

from __future__ import annotations

import asyncio

from archive.front import active_objectives
from archive.journal import Journal
from evaluators.contract import Problem
from evaluators.errors import UsageError
from evaluators.execution.executor import Elastic, Executor
from evaluators.registry import ProblemSpec
from evolve.events import Noticed, Observer, Pooled
from evolve.settings import Settings

_LOOK_S = 0.5


def local_executor(settings: Settings) -> Executor:
    """A pool on this machine."""
    from evaluators.execution.local import LocalExecutor

    return LocalExecutor(settings.problem, settings.workers, settings.unsafe_no_sandbox)


def pool_of(settings: Settings, problem: Problem, stands: Journal | None = None) -> Executor:
    """The pool that the settings name; `stands` has what a run that goes on was scored with.

    On a cluster every node holds at least the run's level of protection: the highest that it was
    scored at, at first what this machine offers. Where a measured objective decides something all
    nodes are of one kind, at first that of the node that comes first.
    """
    if settings.executor == "local":
        return local_executor(settings)
    from evaluators.execution.cluster.admission import LEVELS
    from evaluators.execution.cluster.ray_executor import RayExecutor

    seen = [level for level, _ in stands.protections()] if stands else []
    devices = [e.device for e in stands.evaluations()] if stands else []
    active = active_objectives(problem, settings.objectives, settings.exact)
    return RayExecutor(
        settings.problem,
        settings.executor,
        settings.workers,
        settings.unsafe_no_sandbox,
        least=max(seen, key=LEVELS.index) if seen else _level_here(settings),
        one_device=any(o.kind == "measured" for o in active),
        device=devices[-1] if devices else "",
    )


def _level_here(settings: Settings) -> str:
    """This machine's level of protection; where it has no sandbox, the lowest that is one."""
    from evaluators.execution.local import LocalExecutor
    from evaluators.registry import BUILT_IN

    if settings.unsafe_no_sandbox:
        return "none"
    try:
        here = LocalExecutor(ProblemSpec(next(iter(BUILT_IN))), slots=1)
    except UsageError:
        return "L1"
    level = here.sandbox.level
    here.close()
    return level


async def follow(pool: Elastic, observer: Observer) -> None:
    """Tell the observer again and again how the pool stands, whenever that has changed."""
    said = None
    while True:
        for line in pool.news():
            observer(Noticed(line))
        if (state := pool.state()) != said:
            observer(Pooled(said := state))
        await asyncio.sleep(_LOOK_S)
