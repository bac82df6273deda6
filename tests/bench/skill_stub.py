"""A "model" with a fixed mixture of skill: the common opponent when searches are compared.

With probability q it answers with a whole policy from a hidden ladder of good ones, whatever it was
shown; else with a local edit of the program that it was shown, made by the syntax operators, in
the form that the prompt asks for; sometimes that is broken. Other programs in the prompt are what
an edit may take parts from. Nothing is looked at but the last message and the seed: the same
program and seed get the same answer, whoever asks. Skill comes with the seed alone, so searches
that ask with the same seeds are equally lucky, and differ by what they make of it.

Over HTTP, with q = 0.05:

    python -m tests.stub_models --text-by tests.bench.skill_stub:expert_placement
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from archive.normal_form import normal_digest
from evaluators.contract import Problem
from evaluators.registry import ProblemSpec
from evolve.proposers.embedded import parsed
from evolve.proposers.operators import OPERATORS, Subject
from evolve.replies.fences import fenced, fenced_blocks
from tests.bench.hiding import Hiding

LADDERS = Path(__file__).resolve().parent / "ladder"
BROKEN = 0.15  # of the answers that are edits
DAMAGES = ("syntax", "prose", "misquoted")
ATTEMPTS = 40  # at an edit that decides differently
NO_IDEA = "I would keep the program as it is: nothing better comes to mind."
LESSON = "- Small changes of a good program mostly pay off little."
_WANTS_EDITS, _WANTS_LESSONS = ">>>>>>> REPLACE", "No program this time"


def ladder_of(problem: Problem) -> list[str]:
    """The hidden policies of a problem, the best one last."""
    if isinstance(problem, Hiding):
        return list(problem.ladder())
    return [p.read_text(encoding="utf-8") for p in sorted((LADDERS / problem.name).glob("*.py"))]


def programs_in(asked: str, entry: str) -> list[str]:
    """The programs that a prompt's last message shows, the one to be changed first."""
    return [b for b in fenced_blocks(asked.split("\n")) if entry in b]


class SkillStub:
    """Answers prompts about one problem."""

    def __init__(self, problem: Problem, q: float) -> None:
        self._signature = problem.signature
        self._ladder = ladder_of(problem)
        self._q = q

    def answer(self, asked: str, seed: int) -> str:
        """The reply to a prompt's last message."""
        if _WANTS_LESSONS in asked:
            return LESSON
        shown = programs_in(asked, self._signature.entry)
        luck = _random(seed)
        if luck.random() < self._q:
            policy = self._ladder[int(luck.integers(len(self._ladder)))]
            return _whole("Another principle altogether.", policy)
        if not shown:
            return NO_IDEA
        return self._edited(shown, _WANTS_EDITS in asked, _random(seed, shown[0]))

    def _edited(self, shown: Sequence[str], wants_edits: bool, rng: np.random.Generator) -> str:
        """A local edit of the first program, in the form that was asked for; maybe broken."""
        old = shown[0]
        damage = rng.choice(DAMAGES) if rng.random() < BROKEN else None
        found = self._changed(shown, rng)
        if found is None or damage == "prose":
            return NO_IDEA
        name, new = found
        if damage == "syntax":
            new += "return (\n"
        idea = f"One change of the kind {name.replace('_', ' ')}."
        if damage == "misquoted":
            return f"{idea}\n\n{fenced(_pair(['the line that I remember'], ['another']), '')}\n"
        return f"{idea}\n\n{fenced(edit(old, new), '')}\n" if wants_edits else _whole(idea, new)

    def _changed(self, shown: Sequence[str], rng: np.random.Generator) -> tuple[str, str] | None:
        """The operator and the new source; None when no attempt decides differently."""
        program = parsed(shown[0], self._signature)
        if program is None:
            return self._mended(shown[0])
        others = [p for s in shown[1:] if (p := parsed(s, self._signature)) is not None]
        mate = others[int(rng.integers(len(others)))] if others else None
        known = {normal_digest(s) for s in shown}
        for _ in range(ATTEMPTS):
            name = str(rng.choice(list(OPERATORS)))
            tree = OPERATORS[name](Subject(program, mate), rng)
            source = None if tree is None else program.source_of(tree)
            if source is not None and normal_digest(source) not in known:
                return name, source
        return None

    def _mended(self, broken: str) -> tuple[str, str] | None:
        """As many lines from the beginning as make a program."""
        lines = broken.split("\n")
        for count in range(len(lines) - 1, 0, -1):
            source = "\n".join(lines[:count]) + "\n"
            if parsed(source, self._signature) is not None:
                return "mended", source
        return None


def _random(seed: int, *shown: str) -> np.random.Generator:
    digest = hashlib.sha256("\0".join([str(seed), *shown]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _whole(idea: str, source: str) -> str:
    return f"{idea}\n\n{fenced(source, 'python')}\n"


def edit(old: str, new: str) -> str:
    """The change between two programs as one SEARCH/REPLACE pair whose SEARCH is found once."""
    before, after = old.rstrip().split("\n"), new.rstrip().split("\n")
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    tail = next(
        (i for i in range(shorter - head) if before[-1 - i] != after[-1 - i]), shorter - head
    )
    while _count(before, before[head : len(before) - tail]) != 1:
        head, tail = (head - 1, tail) if head else (head, tail - 1)
    return _pair(before[head : len(before) - tail], after[head : len(after) - tail])


def _count(lines: Sequence[str], part: Sequence[str]) -> int:
    """How often the part stands in the lines; not once when it has nothing to search for."""
    if not any(line.strip() for line in part):
        return 0
    starts = range(len(lines) - len(part) + 1)
    return sum(list(lines[i : i + len(part)]) == list(part) for i in starts)


def _pair(search: Sequence[str], replace: Sequence[str]) -> str:
    parts = ["<<<<<<< SEARCH", *search, "=======", *replace, ">>>>>>> REPLACE"]
    return "\n".join(parts)


# -- over HTTP -------------------------------------------------------------------------------


def expert_placement(body: Mapping[str, Any], number: int) -> str:
    """What `tests.stub_models` says about this problem; `number` is not looked at."""
    return _served("expert_placement", body)


def request_scheduling(body: Mapping[str, Any], number: int) -> str:
    return _served("request_scheduling", body)


def _served(problem: str, body: Mapping[str, Any]) -> str:
    return _stub(problem, 0.05).answer(str(body["messages"][-1]["content"]), int(body["seed"]))


@cache
def _stub(problem: str, q: float) -> SkillStub:
    return SkillStub(ProblemSpec(problem).load(), q)
