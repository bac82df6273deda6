"""The nodes of a cluster: who is there, who is refused, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster, as long as it is alive."""

    id: str
    name: str
    cpus: int


class Roster:
    """Keeps what was last seen; `tell` is given a line whenever somebody should know."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._alive: dict[str, Node] = {}
        self._has_looked = False
        self.refused: dict[str, str] = {}  # id -> why, in words that name the node

    @property
    def usable(self) -> list[Node]:
        """Those that are alive and not refused, and have a CPU to play on."""
        return [n for n in self._alive.values() if n.cpus and n.id not in self.refused]

    @property
    def room(self) -> int:
        """How many slots they have CPUs for."""
        return sum(n.cpus for n in self.usable)

    def look(self, alive: Sequence[Node]) -> set[str]:
        """Take note of who is alive now; the ids of those who are gone."""
        before, were_usable = self._alive, self.usable
        self._alive = {n.id: n for n in alive}
        gone = before.keys() - self._alive.keys()
        self.refused = {k: why for k, why in self.refused.items() if k in self._alive}
        for node in [before[k] for k in gone]:
            self._tell(f"node {node.name} is gone; what it had under way is played elsewhere")
        for node in alive if self._has_looked else ():
            if node.id not in before:
                self._tell(f"node {node.name} has joined")
        if were_usable and not self.usable:
            self._tell("no node is left: the run waits for one; nothing is lost")
        self._has_looked = True
        return gone

    def refuse(self, node_id: str, why: str) -> None:
        """It plays no more, as long as it lives."""
        node = self._alive.get(node_id)
        name = node.name if node else node_id[:8]
        self.refused[node_id] = f"node {name} is refused: {why}"
        self._tell(self.refused[node_id])
