"""One entry: code, difference, scores, conversation, lineage."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Static

from archive.browse.queries import entry as facts
from archive.browse.queries.front import ARROW, origin
from archive.browse.queries.reading import Reading
from archive.browse.queries.rows import star
from archive.browse.screens import marking
from archive.browse.screens.page import Page
from archive.browse.widgets.listing import Column, Listing, Row, Tone
from archive.constraint import breaks_by_split
from archive.entry import Entry
from archive.lineage import Step, unified_diff
from archive.wording import figure, printable

BAR = 24  # cells of a whole bar
_FILLS = " ▏▎▍▌▋▊▉█"


class EntryScreen(Page):
    """Everything about one entry."""

    VIEWS: ClassVar[tuple[str, ...]] = ("code", "diff", "scores", "talk", "lineage")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(i), f"view('{v}')", v, show=False) for i, v in enumerate(VIEWS, 1)),
        Binding("b", "baseline", "diff to baseline"),
        Binding("right_square_bracket", "base(1)", "compare with another", show=False),
        Binding("left_square_bracket", "base(-1)", "compare with another", show=False),
        Binding("e", "export", "export"),
        Binding("f", "favourite", "favourite"),
        Binding("n", "note", "note"),
    ]

    def __init__(self, reading: Reading, number: int) -> None:
        super().__init__()
        self._reading = reading
        self._number = number
        self._bases = facts.bases(reading, number)
        self._base = 0

    def body(self) -> ComposeResult:
        """One widget per view."""
        for name in ("code", "diff"):
            with VerticalScroll(id=name):
                yield Static(markup=False, classes="text")
        yield Listing((), id="scores")
        with VerticalScroll(id="talk"):
            yield Static(markup=False, classes="text")
        yield Listing((), id="lineage")

    # -- reading ---------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Read the entry and what it is shown beside."""
        self.name_views()
        self._entitle()
        self.say("reading ...")
        self.aside(self._read, self._show)

    def _read(self) -> tuple[list[facts.ScoreRow], list[facts.Said], list[Step]]:
        reading, number = self._reading, self._number
        if reading.problem is None and not reading.trouble:
            reading.open_problem()
        facts.load_kin(reading, number)
        said = facts.conversation(reading, number)
        entry = reading.entries.get(number)
        if entry is None:
            return [], said, []
        return facts.scores(reading, entry), said, facts.lineage(reading, number)

    def _entitle(self) -> None:
        outline = self._reading.numbered[self._number]
        marked = star(self._reading, self._number)
        who = origin(outline.proposer)
        self.entitle(f"{self._reading.run}/{self._number}: {who} - {outline.decision} {marked}")

    # -- showing ---------------------------------------------------------------------------------

    def _show(self, read: tuple[list[facts.ScoreRow], list[facts.Said], list[Step]]) -> None:
        scores, said, steps = read
        entry = self._reading.entries.get(self._number)
        self._show_lineage(steps)
        self._text("talk").update(_talk(said))
        if entry is None:
            self.say(f"{self._number} cannot be shown: {self._reading.damaged[self._number]}")
        else:
            source = printable(entry.proposal.source.strip())
            self._text("code").update(highlight(source, language="python"))
            self._show_scores(entry, scores)
            self._show_diff()
            self._tell()
        self.action_view(self.view)

    def _text(self, view: str) -> Static:
        return self.query_one(f"#{view} > .text", Static)

    def _tell(self) -> None:
        """What it breaks, notes, what was said of it, and what failed."""
        entry = self._reading.entries[self._number]
        broken = breaks_by_split(self._reading.constraints, entry.values)
        lines = ["; ".join(broken)] if broken else []
        lines += [f"note: {text}" for text in facts.noted(self._reading, self._number)]
        lines += [f"idea: {entry.proposal.idea}"] if entry.proposal.idea else []
        lines += [f.lines[0] for f in facts.faults(entry)[:1]]
        self.say("\n".join([*lines, *([self._reading.trouble] if self._reading.trouble else [])]))

    def _show_diff(self) -> None:
        text = self._text("diff")
        if not self._bases:
            text.update("nothing to compare it with: it has no parents, and there are no baselines")
            return
        base = self._bases[self._base]
        known = self._reading.entries
        if base.number not in known:
            why = self._reading.damaged.get(base.number, "not read yet")
            text.update(printable(f"{base.label}: {why}"))
            return
        difference = printable(unified_diff(known[base.number], known[self._number]))
        where = f"against {base.label} ({self._base + 1} of {len(self._bases)}; [ ] others)"
        lines = [Content.styled(printable(where), "bold"), *map(_tinted, difference.splitlines())]
        text.update(Content("\n").join(lines if difference else [*lines, Content("no difference")]))

    def _show_scores(self, entry: Entry, scores: list[facts.ScoreRow]) -> None:
        columns = [Column("workload"), Column("value", "right"), Column("best baseline", "right")]
        columns += [Column("from reference to limit")]
        rows: list[Row] = []
        for index, objective in enumerate(self._reading.objectives() if scores else ()):
            rows.append(Row((f"{objective.name} {ARROW[objective.better]}",), tone="bold"))
            rows += [_score(score, index) for score in scores]
        rows += [
            Row((f"{fault.where}: {line}".removeprefix(": "),))
            for fault in facts.faults(entry)
            for line in fault.lines
        ]
        self.query_one("#scores", Listing).show(rows, columns)

    def _show_lineage(self, steps: list[Step]) -> None:
        objectives = self._reading.objectives()
        columns = [Column("entry"), Column("policy, gaining in")]
        columns += [Column(o.name, "right") for o in objectives] + [Column("decision")]
        rows = [self._step(depth, step) for depth, step in enumerate(steps)]
        self.query_one("#lineage", Listing).show([*rows, *self._children(len(steps))], columns)

    def _step(self, depth: int, step: Step) -> Row:
        number, proposer = step.entry.number, origin(step.entry.proposal.proposer)
        gains = (step.gains.get(o.name) for o in self._reading.objectives())
        cells = (_branch(depth, number), proposer)
        tone: Tone = "bold" if number == self._number else "plain"
        texts = ("" if gain is None else f"{gain:+.3g}" for gain in gains)
        return Row((*cells, *texts, step.entry.decision), number, tone)

    def _children(self, depth: int) -> list[Row]:
        numbers = facts.children(self._reading, self._number)
        known = self._reading.numbered
        blank = [""] * len(self._reading.objectives())
        return [
            Row((_branch(depth, n), origin(known[n].proposer), *blank, known[n].decision), n, "dim")
            for n in numbers
        ]

    # -- what keys do ----------------------------------------------------------------------------

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open an entry of the lineage."""
        if int(event.key) != self._number:
            self.app.push_screen(EntryScreen(self._reading, int(event.key)))

    def action_base(self, step: int) -> None:
        """Compare with another ancestor or baseline."""
        if self._bases:
            self._compare((self._base + step) % len(self._bases))

    def action_baseline(self) -> None:
        """Compare with the nearest baseline."""
        place = facts.first_baseline(self._reading, self._bases)
        if place is not None:
            self._compare(place)

    def _compare(self, place: int) -> None:
        self._base = place
        if self._number in self._reading.entries:
            self._show_diff()
        self.action_view("diff")

    def action_favourite(self) -> None:
        """Mark it, or no longer."""
        marking.toggle_favourite(self, self._reading, self._number, self._marked)

    def action_note(self) -> None:
        """Say something of it."""
        marking.ask_note(self, self._reading, self._number, self._marked)

    def _marked(self) -> None:
        self._entitle()
        if self._number in self._reading.entries:
            self._tell()

    def action_export(self) -> None:
        """Write it to a file."""
        marking.ask_export(self, self._reading, self._number)


def _tinted(line: str) -> Content:
    """A line of a difference in its colour; its first sign says the same without any."""
    style = {"+": "$text-success", "-": "$text-error", "@": "$text-muted"}.get(line[:1], "")
    return Content.styled(line, style)


def _talk(said: list[facts.Said]) -> Content:
    if not said:
        return Content("no model was asked for it")
    return Content("\n").join(map(_turn, said))


def _turn(said: facts.Said) -> Content:
    role, text = printable(said.role), printable(said.text)
    return Content.styled(f"--- {role} ", "bold") + Content(f"\n{text}\n")


def _score(score: facts.ScoreRow, index: int) -> Row:
    mark = score.marks[index]
    return Row((f"  {score.where}", figure(mark.value), figure(mark.baseline), bar(mark.share)))


def bar(share: float | None) -> str:
    """A bar from the reference (nothing) to the limit (full); blank without a limit."""
    if share is None:
        return " " * BAR
    eighths = round(share * BAR * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_FILLS[rest] if rest else "")).ljust(BAR)


def _branch(depth: int, number: int) -> str:
    return str(number) if depth == 0 else " " * min(depth - 1, 8) + f"└ {number}"
