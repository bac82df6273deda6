"""Under which sandbox a run's scores were made, and what is said where they are not of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from evaluators.execution.executor import Sandbox

_DIGITS = 8


def protections(seen: Mapping[tuple[str, str], int]) -> Counter[str]:
    """How many evaluations each sandbox saw, by its name: `seen` has its level and filter."""
    counts: Counter[str] = Counter()
    for sandbox, number in seen.items():
        counts[_named(*sandbox)] += number
    return counts


def protection(sandbox: Sandbox) -> str:
    """The name of a sandbox, as `protections` counts it."""
    return _named(sandbox.level, sandbox.filter_sha256)


def caution(counts: Counter[str]) -> str:
    """One line when scores of different sandboxes, or of none, would be compared; else empty."""
    unsafe = _named("none", "")
    if len(counts) < 2 and unsafe not in counts:
        return ""
    parts = ", ".join(f"{number} evaluations {name}" for name, number in sorted(counts.items()))
    if len(counts) == 1:
        return f"nothing shows that these scores are real: {parts}"
    return f"these scores were made under different protection: {parts}"


def _named(level: str, filter_sha256: str) -> str:
    return (
        f"at {level} (filter {filter_sha256[:_DIGITS]})" if filter_sha256 else "without a sandbox"
    )
