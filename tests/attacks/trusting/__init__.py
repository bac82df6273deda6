"""Scorers that believe a problem's own lies, as published evaluators of it do: a file for each.

`scorer(problem, workload, ask)` plays one workload and returns the exact objectives and a trace.
"""

from __future__ import annotations

from importlib import import_module


def scorer_of(problem_name):
    """The trusting scorer of a built-in problem."""
    return import_module(f"tests.attacks.trusting.{problem_name}").scorer
