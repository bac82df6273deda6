"""Shipped prompts and seeds: beside the packages in a checkout, inside them in a wheel."""

from __future__ import annotations

from pathlib import Path

from evaluators.contract import Policy

_HERE = Path(__file__).resolve().parent


def resource(folder: str) -> Path:
    """The folder `prompts` or `seeds`."""
    shipped = _HERE / "_data" / folder
    return shipped if shipped.is_dir() else _HERE.parent / folder


def statement(problem: str) -> str:
    """What a proposer is told about a problem of ours."""
    return (resource("prompts") / "problems" / f"{problem}.md").read_text("utf-8")


def seed_policies(problem: str) -> dict[str, Policy]:
    """The published policies of a problem of ours, by name, sorted."""
    files = sorted((resource("seeds") / problem).glob("*.py"))
    return {f.stem: Policy(f.stem, f.read_text("utf-8")) for f in files}
