"""How far a device was from itself while something was measured, and when that is too far."""

from __future__ import annotations

from evaluators.contract import Outcome, Score

DRIFT = "reference_drift"  # what the breakdown of an episode calls it
MOST_DRIFT = 0.05  # of the reference's time; what drifted further is no measurement


def drift_of(outcome: Outcome) -> float | None:
    """The largest drift while any workload was played; None where nothing was measured so."""
    if not isinstance(outcome, Score):
        return None
    return max((b[DRIFT] for b in outcome.breakdown.values() if DRIFT in b), default=None)


def drift_words(drift: float | None) -> str:
    """What is wrong with a measurement that drifted so far; nothing where nothing is."""
    if drift is None or drift <= MOST_DRIFT:
        return ""
    return (
        f"the device drifted by {drift:.1%} while it was measured, and {MOST_DRIFT:.0%} is the most"
        " that counts: measure again when nothing else runs, or with locked clocks"
    )
