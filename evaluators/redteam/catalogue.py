"""Every attack that the red team has for a problem."""

from __future__ import annotations

from typing import NamedTuple

from evaluators.contract import Policy, Problem
from evaluators.redteam import files, interpreter, kernel, processes, replies, resources, sockets
from evaluators.redteam.attack import Attack
from evaluators.redteam.forgeries import forgeries
from evaluators.redteam.hardcoded import NotTriedError, learnt_by_heart


class Catalogue(NamedTuple):
    """The attacks in the order of their groups, and in words what could not be tried."""

    attacks: list[Attack]
    not_tried: str


def catalogue(published: Problem, salted: Problem, honest: Policy) -> Catalogue:
    """Everything, for a problem as everybody has it and with the salt that it is attacked with."""
    attacks = [*channel_attacks(published), *forgeries(published, honest)]
    try:
        return Catalogue([*attacks, learnt_by_heart(published, salted, honest)], "")
    except NotTriedError as error:
        return Catalogue(attacks, str(error))


def channel_attacks(problem: Problem) -> list[Attack]:
    """Against the sandbox: the same for every problem, but for what its answers can carry."""
    return [
        *resources.attacks(),
        *processes.attacks(),
        *files.attacks(),
        *sockets.attacks(),
        *kernel.attacks(),
        *replies.attacks(problem),
        *interpreter.attacks(),
    ]
