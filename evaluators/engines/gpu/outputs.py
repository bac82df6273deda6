"""Outputs that are checked before their time counts: nothing is timed on zeros."""

from __future__ import annotations

from typing import Any

from evaluators.errors import AdrsError


class WrongOutputError(AdrsError):
    """Work on a device gave what it must not: ours, or the device's; never the candidate's."""


def check_alive(output: Any, what: str) -> None:
    """Raises WrongOutputError where a tensor is not finite, or holds nothing but zeros.

    Args:
        output: a tensor of floats with at least one element.
        what: whose output it is.
    """
    size = float(output.float().abs().sum())
    if size == 0:
        raise WrongOutputError(f"{what}: the output is zero everywhere")
    if size != size or size in (float("inf"), float("-inf")):
        raise WrongOutputError(f"{what}: the output is not finite")


def check_close(output: Any, reference: Any, most_error: float, what: str) -> None:
    """Raises WrongOutputError where a row differs from the reference by more than a share of its
    length.

    Args:
        output: [rows, columns], floats.
        reference: [rows, columns], floats; no row is zero.
        most_error: the highest |output - reference| / |reference| of any row, in Euclidean length.
        what: whose output it is.
    """
    difference = (output.float() - reference.float()).norm(dim=1)
    error = float((difference / reference.float().norm(dim=1)).max())
    if not error <= most_error:
        raise WrongOutputError(
            f"{what}: a row differs from its reference by {error:.2%}, {most_error:.2%} at most"
        )
