"""Which nodes may play for a run: those whose scores stand beside the ones that are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVELS = ("none", "L1", "L2", "L3")  # of protection, the higher the later


@dataclass
class Admission:
    """What a node is held against.

    `device` is the kind of node that measured objectives are compared within: empty until the first
    node has shown its own. Where no measured objective decides anything, `one_device` is false and
    every kind will do.
    """

    code: str  # of the driver: see `node.code`
    least: str  # the run's level of protection
    one_device: bool
    device: str = ""

    def objection(self, found: Mapping[str, Any]) -> str:
        """Why the node that says this of itself is refused; empty when it is not."""
        if "refusal" in found:
            return str(found["refusal"])
        level = found["sandbox"]["level"]
        if LEVELS.index(level) < LEVELS.index(self.least):
            return (
                f"its sandbox is at {level}, the run's at {self.least} ({found['sandbox']['note']})"
            )
        if self.one_device and self.device and found["device"] != self.device:
            return (
                f"it is a {found['device']}, and measured objectives of this run are compared on"
                f" {self.device} alone; with --exact they decide nothing, and it may play"
            )
        if self.one_device:
            self.device = found["device"]
        return ""
