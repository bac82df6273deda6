"""What a run is about: the problem as its proposers are told it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from archive.browse.queries.reading import Reading
from archive.browse.screens.page import Page
from evaluators.contract import Problem


class ProblemScreen(Page):
    """Statement, objectives, baselines."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading

    def body(self) -> ComposeResult:
        """One long text."""
        with VerticalScroll(classes="body"):
            yield Markdown()

    def on_mount(self) -> None:
        """Make the problem beside the screen."""
        self.entitle(f"{self._reading.record.configuration['problem']['name']}")
        self.say("reading ...")
        self.aside(self._reading.open_problem, self._show)

    async def _filled(self, text: str) -> None:
        await self.query_one(Markdown).update(text)

    def _show(self, _: None) -> None:
        self.say(self._reading.trouble)
        if self._reading.problem is not None:
            self.run_worker(self._filled(_text(self._reading.problem)))


def _text(problem: Problem) -> str:
    lines = [
        f"* `{o.name}`: {o.better} is better, {o.unit}, {o.kind}. {o.doc}".rstrip()
        for o in problem.objectives
    ]
    baselines = ", ".join(f"`{name}`" for name in problem.baselines())
    parts = [problem.statement.strip(), "## Objectives", "\n".join(lines)]
    return "\n\n".join([*parts, "## Baselines", baselines])
