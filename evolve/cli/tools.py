"""The tools of `adrs mcp`: each gives the JSON document of the verb that it is named after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import evolve
from evaluators.contract import Policy, Problem
from evaluators.errors import UsageError
from evaluators.registry import ProblemSpec
from evolve.asktell import ask, hint, tell
from evolve.cli.documents import front_document
from evolve.cli.entry_page import shown_document
from evolve.cli.evaluation import Evaluated
from evolve.cli.lookup import find_entry
from evolve.cli.problem_page import problem_rows
from evolve.cli.repeat import next_request
from evolve.cli.run_page import run_rows, status_document
from evolve.cli.ticket_page import lease_document, messages_document, told_document
from evolve.runs import open_run
from evolve.settings import Settings
from evolve.tickets import LEASE_MINUTES

Document = dict[str, Any]
Tool = Callable[..., Document]


@dataclass(frozen=True)
class Tools:
    """Those of one archive. Their docstrings are what a client is told about them."""

    archive: str

    def all(self) -> list[Tool]:
        """Every tool."""
        return [
            self.list_problems, self.list_runs, self.start, self.ask, self.tell, self.hint,
            self.prompt, self.status, self.front, self.show, self.evaluate,
        ]  # fmt: skip

    def list_problems(self) -> Document:
        """The problems that policies can be written for."""
        return {"problems": problem_rows()}

    def list_runs(self) -> Document:
        """The runs so far, the latest last."""
        return {"runs": run_rows(self.archive)[0]}

    def start(
        self, problem: str, evaluations: int = 100, tickets: int = 4, seed: int = 0,
        parameters: dict[str, str] | None = None,
    ) -> Document:  # fmt: skip
        """Start a run whose prompts you answer: it scores the published policies and opens tickets.

        evaluations: how many policies may be scored, the published ones included.
        """
        _check_positive("evaluations", evaluations)
        _check_positive("tickets", tickets)
        spec = _spec(problem, parameters)
        settings = Settings(
            spec, evaluations=evaluations, ask_tell=tickets, seed=seed, archive=self.archive
        )
        run = evolve.run(settings, patient=False)
        return status_document(run, self.archive)

    def ask(self, run: str, minutes: float = LEASE_MINUTES) -> Document:
        """A prompt that is yours to answer for so many minutes, and its ticket."""
        return lease_document(run, ask(self.archive, run, minutes))

    def tell(self, run: str, ticket: str, answer: str) -> Document:
        """Answer a ticket with a policy or SEARCH/REPLACE edits, and wait for what comes of it.

        An answer that is no policy is sent back once: mend it under the new ticket.
        """
        told = tell(self.archive, run, ticket, answer)
        return told_document(open_run(self.archive, run), told)

    def hint(self, run: str, text: str) -> Document:
        """Tell the models and people who are asked something, from the next prompt on."""
        hint(self.archive, run, text)
        return {"run": run, "hint": text}

    def prompt(self, run: str) -> Document:
        """What a run would ask next, word for word."""
        return messages_document(next_request(self.archive, run))

    def status(self, run: str) -> Document:
        """How far a run is, and which tickets are open."""
        return status_document(open_run(self.archive, run), self.archive)

    def front(self, run: str, split: Literal["search", "selection"] = "selection") -> Document:
        """The policies that nothing beats, beside the published ones and the limits."""
        return front_document(open_run(self.archive, run), split)

    def show(self, entry: str) -> Document:
        """An entry, RUN/N: its code, scores, failures and parents."""
        return shown_document(*find_entry(self.archive, entry))

    def evaluate(
        self, problem: str, policy: str, split: Literal["search", "selection"] = "search",
        parameters: dict[str, str] | None = None,
    ) -> Document:  # fmt: skip
        """Score a policy's source beside the published ones, outside of any run."""
        spec = _spec(problem, parameters)
        made: Problem = spec.load()
        candidate, baselines = Policy("policy", policy), made.baselines()
        report, *others = evolve.evaluate(spec, [candidate, *baselines.values()], split)
        published = dict(zip(baselines, others, strict=True))
        return Evaluated(made, candidate, split, report, published).document()


def _spec(problem: str, parameters: dict[str, str] | None) -> ProblemSpec:
    """How to make a problem; its path holds in any working directory."""
    name = str(Path(problem).resolve()) if problem.endswith(".py") else problem
    return ProblemSpec(name, parameters or {})


def _check_positive(name: str, number: float) -> None:
    if not number > 0:
        raise UsageError(
            f"{name} is {number:g}, expected more than 0", f"leave {name} out, or raise it"
        )
