"""Verbs that measure: evaluate, doctor."""

from __future__ import annotations

from evolve.cli.verb import Verb

VERBS: tuple[Verb, ...] = ()
