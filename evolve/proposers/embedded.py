"""The default proposer: needs no model, no key and no network.

A bandit shares the proposals among operators on the syntax tree and the tuner of constants.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from archive.entry import Entry
from archive.normal_form import normal_digest
from evaluators.signature import Signature
from evolve.proposers.bandit import EXPLORATION, Bandit, Reward
from evolve.proposers.constants import ConstantTuner
from evolve.proposers.module import NoEntryError
from evolve.proposers.operators import OPERATORS, Operator, Subject
from evolve.proposers.proposer import Context, Draft
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import pick

TUNER = "constants"
TUNER_SHARE = 4.0  # of an operator's: a session needs generations before it pays
FURTHER_EDITS = 2  # of a child when the search stands still
ATTEMPTS = 8  # of an operator, before another arm is asked
MOST_BYTES = 32_000  # of a source: growth that pays nothing has an end
MOST_PROGRAMS = 256  # parsed parents kept


class EmbeddedProposer:
    """Operators and tuner behind one `Proposer`. A parent without an entry of its own is skipped.

    Drafts are a pure function of the contexts and tells before them.
    """

    name = "embedded"

    def __init__(self, plain: bool = False) -> None:
        """`plain`: operators alone, in equal shares, whatever they bring."""
        self._programs: OrderedDict[str, Program | None] = OrderedDict()
        self._tuner = ConstantTuner(self._parsed)
        shares = {f"syntax/{n}": 1.0 for n in OPERATORS} | ({} if plain else {TUNER: TUNER_SHARE})
        self._bandit = Bandit(shares, 1.0 if plain else EXPLORATION)
        self._arms = list(shares)
        self._reward = Reward()
        self._arm_of: dict[int, str] = {}
        self._drafted: set[str] = set()  # normal digests

    def ask(self, context: Context) -> Draft | None:
        """A draft by the arm that the bandit chose, or by another when that one has none."""
        random = context.random("bandit")
        arms = list(self._arms)
        while arms:
            arm = self._bandit.choose(arms, random)
            draft = self._tuner.ask(context) if arm == TUNER else self._edited(arm, context)
            if draft is not None:
                self._arm_of[context.number] = arm
                self._drafted.add(normal_digest(draft.source))
                return draft
            arms.remove(arm)
        return None

    def tell(self, entry: Entry, gain: float) -> None:
        """Credit the arm, and let the tuner learn from its own."""
        arm = self._arm_of.pop(entry.number)
        self._bandit.tell(arm, self._reward.of(entry, gain))
        if arm == TUNER:
            self._tuner.tell(entry)

    def _edited(self, arm: str, context: Context) -> Draft | None:
        """A new child of the first parent by an operator, None when no attempt gave one."""
        subject, parents = self._subject(context)
        if subject is None:
            return None
        random = context.random(arm)
        operator = OPERATORS[arm.removeprefix("syntax/")]
        for _ in range(ATTEMPTS):
            source = _applied(operator, subject, random)
            if source is not None and context.is_stuck:
                source = _widened(source, subject.mate, context.signature, random)
            if source is not None and self._is_new(source, parents):
                return Draft(source, tuple(p.number for p in parents), arm)
        return None

    def _subject(self, context: Context) -> tuple[Subject | None, list[Entry]]:
        """What operators work on, and the entries behind it."""
        parsed = [(e, self._parsed(e, context.signature)) for e in context.parents[:2]]
        usable = [(e, program) for e, program in parsed if program is not None]
        if not usable:
            return None, []
        mate = usable[1][1] if len(usable) > 1 else None
        return Subject(usable[0][1], mate), [e for e, _ in usable]

    def _is_new(self, source: str, parents: list[Entry]) -> bool:
        """Whether it is small enough, and neither a parent nor drafted before in other words."""
        if len(source.encode()) > MOST_BYTES:
            return False
        digest = normal_digest(source)
        return digest not in self._drafted and all(
            digest != p.proposal.normal_digest for p in parents
        )

    def _parsed(self, entry: Entry, signature: Signature) -> Program | None:
        """The entry's program, None when its entry is not a function or method of its own."""
        digest = entry.proposal.digest
        if digest not in self._programs:
            self._programs[digest] = parsed(entry.proposal.source, signature)
            if len(self._programs) > MOST_PROGRAMS:
                self._programs.popitem(last=False)
        self._programs.move_to_end(digest)
        return self._programs[digest]


def _applied(operator: Operator, subject: Subject, random: np.random.Generator) -> str | None:
    tree = operator(subject, random)
    return subject.program.source_of(tree) if tree is not None else None


def _widened(
    source: str, mate: Program | None, signature: Signature, random: np.random.Generator
) -> str:
    """The source after further edits of any kind, as far as they find a place."""
    for _ in range(FURTHER_EDITS):
        program = parsed(source, signature)
        if program is not None:
            operator = pick(random, list(OPERATORS.values()))
            source = _applied(operator, Subject(program, mate), random) or source
    return source


def parsed(source: str, signature: Signature) -> Program | None:
    """The program of a source, None when there is nothing in it that operators could work on."""
    try:
        return Program(source, signature)
    except (SyntaxError, NoEntryError):
        return None
