"""Slots as Ray actors. Every answer is posted to a queue; nothing here decides anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from evaluators.execution.cluster import actor as travelling
from evaluators.execution.cluster.parcels import pack
from evaluators.execution.cluster.roster import Node
from evaluators.execution.message import Greeting

Post = Callable[[str, int, Any], None]  # what it is, the slot's number, and what came


class RayFleet:
    """The actors of one driver, by slot number. One CPU each, spread over the nodes by Ray."""

    def __init__(self, greeting: Greeting, code: str, kind: type[Any], post: Post) -> None:
        """`kind` is the actor's class; Ray is connected. Raises UsageError for a lost file."""
        import ray

        ray.cloudpickle.register_pickle_by_value(travelling)
        packed = pack(greeting.spec)
        self._kind = ray.remote(kind)
        self._contents = {p.digest: ray.put(content) for p, content in packed}
        self._told = (code, greeting.encode(), [asdict(p) for p, _ in packed], self._contents)
        self._post = post
        self._actors: dict[int, Any] = {}

    def nodes(self) -> list[Node]:
        """Who is alive now. Raises what Ray raises when it is not there any more."""
        import ray

        return [node_of(row) for row in ray.nodes() if row["Alive"]]

    def start(self, slot: int, avoided: Collection[str]) -> None:
        """Ask Ray for an actor; `started` is posted when it is there."""
        elsewhere = {"ray.io/node-id": f"!in({','.join(sorted(avoided))})"} if avoided else None
        self._actors[slot] = self._kind.options(
            num_cpus=1, scheduling_strategy="SPREAD", label_selector=elsewhere
        ).remote()
        answer = self._actors[slot].start.remote(*self._told)
        answer.future().add_done_callback(lambda f: self._arrived("started", slot, f))

    def play(self, slot: int, name: str, job: str) -> None:
        """`answered` is posted with the name and what came."""
        answer = self._actors[slot].play.remote(job)
        answer.future().add_done_callback(lambda f: self._arrived("answered", slot, f, name))

    def stop(self, slot: int) -> None:
        """Kill it, and with it its evaluator."""
        import ray

        ray.kill(self._actors.pop(slot))

    def _arrived(self, kind: str, slot: int, future: Future[Any], *which: str) -> None:
        """Called in a thread of Ray's."""
        error = future.exception()
        if error is None:
            self._post(kind, slot, (*which, future.result()))
        else:
            self._post("lost", slot, (said_of(error),))


def said_of(error: BaseException) -> str:
    """The line that says it; Ray's own texts are pages long."""
    from ray.exceptions import RayTaskError

    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1] if isinstance(error, RayTaskError) else lines[0]


def node_of(row: Mapping[str, Any]) -> Node:
    """A row of Ray's node table. A node without a name of its own goes by its machine's."""
    name = row["NodeName"]
    if name == row["NodeManagerAddress"]:
        name = row["NodeManagerHostname"]
    return Node(row["NodeID"], name, int(row["Resources"].get("CPU", 0)))
