"""What a reply is read against, and what comes of reading it: a policy's source or a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from evaluators.errors import AdrsError

Form = Literal["program", "edits"]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the prompt asked for."""

    entry: str
    """The name of the function or method that a policy has to define."""
    base: str
    """The program that edits apply to, as it was shown."""
    frame: str = ""
    """The policy whose lines outside its EVOLVE-BLOCK markers must stay as they are."""
    prelude: str = ""
    """The helpers that a policy may call without defining them."""
    known: frozenset[str] = field(default=frozenset())
    """Normal digests that the answer must differ from."""


@dataclass(frozen=True, slots=True)
class Source:
    """A policy that may be evaluated, and the idea behind it as the reply put it."""

    text: str
    note: str
    form: Form


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a reply is no policy, written for the model that is asked to mend it."""

    reason: str
    note: str = ""
    answer: str = ""
    """The code that was refused; empty when there is none, or too much of it."""
    form: Form = "program"


class RefusedError(AdrsError):
    """An answer breaks a rule; becomes a `Rejection` where the reply is read."""
