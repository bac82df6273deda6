"""What `bench` found, for people and as JSON: the shape is a promise to other programs."""

from __future__ import annotations

import json
from typing import Any

from evolve.cli.documents import print_document
from evolve.controls import TITLES, Cell, Controls
from evolve.settings import Arm


def print_controls(controls: Controls, as_json: bool) -> None:
    """One document, or a table and a verdict."""
    if as_json:
        print_document(controls_document(controls))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table("arm", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("runs", "evaluations", "sealed\nvolume", "search\n- arm", "95 % interval"):
        table.add_column(heading, justify="right", no_wrap=True)
    for arm in controls.arms:
        table.add_row(
            TITLES[arm], str(len(controls.of(arm))), f"{controls.evaluations(arm):.0f}",
            f"{controls.volume(arm):.4f}", *_difference(controls, arm),
        )  # fmt: skip
    Console(highlight=False).print(table)
    print(controls.verdict)


def controls_document(controls: Controls) -> dict[str, Any]:
    """The JSON document of `adrs bench --json`; volumes are shares of the box."""
    return {
        "arms": [_arm_document(controls, arm) for arm in controls.arms],
        "verdict": controls.verdict,
        "runs": [cell.to_json() for cell in controls.cells],
    }


def line_of(cell: Cell) -> str:
    """A result as a JSON line."""
    return json.dumps(cell.to_json())


def _arm_document(controls: Controls, arm: Arm) -> dict[str, Any]:
    difference = None if arm == "full" else controls.difference(arm)
    return {
        "arm": arm,
        "runs": len(controls.of(arm)),
        "evaluations": controls.evaluations(arm),
        "sealed_volume": controls.volume(arm),
        "search_minus_arm": difference and difference.estimate,
        "low": difference and difference.low,
        "high": difference and difference.high,
        "level": difference and difference.level,
    }


def _difference(controls: Controls, arm: Arm) -> tuple[str, str]:
    difference = None if arm == "full" else controls.difference(arm)
    if difference is None:
        return "", ""
    if difference.low is None:
        return f"{difference.estimate:+.4f}", "none"
    return f"{difference.estimate:+.4f}", f"[{difference.low:+.4f}, {difference.high:+.4f}]"
