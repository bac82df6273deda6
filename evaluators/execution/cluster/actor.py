"""The Ray actor of one slot. It travels as it stands here, so that a node which lacks adrs, or has
another version, can still say who it is: nothing of ours is imported before that is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class NodeSlot:
    """Owns one evaluator process on the node where Ray has put it."""

    def start(
        self,
        code: str,
        greeting: str,
        parcels: Sequence[Mapping[str, str]],
        contents: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What the node says of itself; with `refusal` where it cannot play.

        Args:
            code: of the driver, see `node.code`.
            greeting: a `Greeting`, encoded.
            parcels: the problem's files.
            contents: digest -> reference to the file's bytes; followed only where the file lacks.
        """
        import ray

        found = {"node_id": ray.get_runtime_context().get_node_id()}
        try:
            from evaluators.execution.cluster import node
        except ImportError as error:
            return {**found, "refusal": f"adrs cannot be imported there ({error})"}
        if (here := node.code()) != code:
            return {**found, "refusal": f"it has {here}; the driver has {code}"}
        self._slot = node.SlotHere(greeting, parcels, lambda p: ray.get(contents[p.digest]))
        return {**found, **self._slot.start()}

    def play(self, job: str) -> dict[str, str]:
        """See `node.SlotHere.play`."""
        return self._slot.play(job)
