"""One run: its front as a table and as a picture, and all of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from archive.browse.queries.front import ARROW, Standing, breaking_lines, origin, standings
from archive.browse.queries.reading import Reading
from archive.browse.queries.rows import cells_of, star
from archive.browse.queries.search import FORM, parse_query, search
from archive.browse.screens import marking
from archive.browse.screens.ask import Ask
from archive.browse.screens.entry import EntryScreen
from archive.browse.screens.page import Page
from archive.browse.screens.problem import ProblemScreen
from archive.browse.widgets.listing import Column, Listing, Row, Tone
from archive.browse.widgets.scatter import Picture, Scatter
from archive.entry import Outline
from archive.wording import figure
from evaluators.contract import Objective, Split


class EntryRows(Sequence[Row]):
    """Rows that are made when they are seen."""

    def __init__(self, reading: Reading, outlines: Sequence[Outline]) -> None:
        self.reading = reading
        self.outlines = outlines

    def __len__(self) -> int:
        return len(self.outlines)

    def __getitem__(self, index: int) -> Row:  # type: ignore[override]  # nobody slices it
        outline = self.outlines[index]
        is_faint = outline.decision in ("eliminated", "failed", "duplicate")
        tone: Tone = "dim" if is_faint else "plain"
        return Row(cells_of(self.reading, outline, "search"), outline.number, tone)


class RunScreen(Page):
    """Follows the run as long as it is in front."""

    VIEWS: ClassVar[tuple[str, ...]] = ("front", "plot", "entries")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('front')", "front", show=False),
        Binding("2", "view('plot')", "plot", show=False),
        Binding("3", "view('entries')", "entries", show=False),
        Binding("o", "next_objective", "objective"),
        Binding("e", "export", "export"),
        Binding("slash", "filter", "filter", key_display="/"),
        Binding("s", "next_split", "split"),
        Binding("x", "next_axis", "x axis of the plot", show=False),
        Binding("f", "favourite", "favourite", show=False),
        Binding("n", "note", "note", show=False),
        Binding("p", "problem", "problem", show=False),
    ]

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading
        self._split: Split = "selection"
        self._by = 0  # the objective that ranks the front and is the plot's vertical axis
        self._across = 1  # the one of its horizontal axis
        self._filter = ""
        self._found: Sequence[Outline] = ()
        self._breaking: Sequence[str] = ()  # what breaks the requirements, in words

    def body(self) -> ComposeResult:
        """One widget per view."""
        yield Listing((), id="front")
        yield Scatter(id="plot")
        yield Listing((), id="entries")

    # -- reading -------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Read the run beside the screen: outlines, then the problem, then the front."""
        self._entitle()
        self.say("reading ...")
        self.aside(self._reading.follow, self._opened)
        self.browser.every_look(self, self._look)

    def _opened(self, _: bool) -> None:
        self._show_entries()
        self.query_one("#front", Listing).focus()
        self.aside(self._read_front, lambda _: self._show_read())

    def _read_front(self) -> None:
        if self._reading.problem is None and not self._reading.trouble:
            self._reading.open_problem()
        self._reading.load_front(self._split)

    def _show_read(self) -> None:
        """Show what was read, and what could not be."""
        self.show()
        self.say(self.standing)

    def _look(self) -> None:
        self.aside(self._follow, self._followed)

    def _follow(self) -> bool:
        is_new = self._reading.follow()
        if is_new:
            self._read_front()
        return is_new

    def _followed(self, is_new: bool) -> None:
        if is_new:
            self.show()

    def on_screen_resume(self) -> None:
        """Marks may have been made meanwhile."""
        if self._reading.outlines:
            self.show()

    # -- showing -------------------------------------------------------------------------------

    def show(self) -> None:
        """Everything as it is known now."""
        self._entitle()
        self._show_entries()
        if self._reading.problem is not None:
            found = standings(self._reading, self._split, self._objective(self._by))
            self._show_front(found)
            self._show_plot(found)
            is_standing = self.said == self.standing
            self._breaking = breaking_lines(self._reading, found, self._split)
            if is_standing:
                self.say(self.standing)

    def _entitle(self) -> None:
        reading = self._reading
        problem = reading.record.configuration["problem"]
        state = "running" if reading.is_live else f"stopped ({reading.state})"
        entries = f"{len(reading.outlines)} entries"
        self.entitle(f"{reading.run}: {problem['name']} - {entries} - {state}")
        self.name_views()

    @property
    def aspect(self) -> str:
        """What the view is of, and how it is ordered."""
        if self._reading.problem is None:
            return ""
        if self.view == "entries":
            return "search split, in order of commit"
        return f"{self._split} split, best {self._objective(self._by).name} first"

    @property
    def standing(self) -> str:
        """What cannot be read, and what breaks the requirements."""
        wrong = self._reading.trouble or self._damage()
        return "\n".join([*([wrong] if wrong else []), *self._breaking])

    def _damage(self) -> str:
        damaged = sorted(self._reading.damaged)
        if not damaged:
            return ""
        named = ", ".join(map(str, damaged[:5]))
        return f"{len(damaged)} damaged: {named}; the others are as they were"

    def _objective(self, index: int) -> Objective:
        objectives = self._reading.objectives()
        return objectives[index % len(objectives)]

    def _show_front(self, found: Sequence[Standing]) -> None:
        objectives = self._reading.objectives()
        columns = [Column("entry", "right"), Column(""), Column("policy")]
        columns += [Column(f"{o.name}{ARROW[o.better]}", "right") for o in objectives]
        front = [self._row(s) for s in found if s.kind == "front"]
        baselines = [self._row(s) for s in found if s.kind == "baseline"]
        limits = (self._reading.limit(o, self._split) for o in objectives)
        limit = Row(("", "", "limit", *(figure(b.value if b else None) + " " for b in limits)))
        empty = [Row(("", "", f"nothing on the {self._split} front yet"), tone="dim")]
        rows = [limit, *(front or empty), Row(("", "", "baselines"), tone="dim"), *baselines]
        listing = self.query_one("#front", Listing)
        place = listing.place_in(rows) if listing.key else max(1, listing.cursor)
        listing.show(rows, columns, cursor=place)

    def _row(self, standing: Standing) -> Row:
        number = standing.entry.number
        signs = dict.fromkeys(standing.better, "*") | dict.fromkeys(standing.broken, "!")
        values = [
            figure(standing.values[o.name]) + signs.get(o.name, " ")
            for o in self._reading.objectives()
        ]
        policy = origin(standing.entry.proposal.proposer)
        return Row((str(number), star(self._reading, number), policy, *values), number)

    def _show_plot(self, found: Sequence[Standing]) -> None:
        y, x = self._objective(self._by), self._objective(self._across)
        places = [(s, (s.values[x.name], s.values[y.name])) for s in found]
        ends = [self._reading.limit(o, self._split) for o in (x, y)]
        picture = Picture(
            f"{x.name} {ARROW[x.better]}",
            f"{y.name} {ARROW[y.better]}",
            sorted(
                ((s.entry.number, at) for s, at in places if s.kind == "front"),
                key=lambda point: point[1],
            ),
            [at for s, at in places if s.kind == "baseline"],
            (ends[0].value, ends[1].value) if ends[0] and ends[1] else None,
        )
        self.query_one(Scatter).show(picture, found[0].entry.number if found else None)

    def _show_entries(self) -> None:
        objectives = self._reading.objectives()
        columns = [Column("entry", "right"), Column(""), Column("decision"), Column("policy")]
        columns += [Column(f"{o.name}{ARROW[o.better]}", "right") for o in objectives]
        columns += [Column("parents")]
        outlines = self._found if self._filter else self._reading.outlines
        listing = self.query_one("#entries", Listing)
        listing.show(EntryRows(self._reading, outlines), columns)
        self._load_seen(listing)

    # -- entries as they are seen ----------------------------------------------------------------

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Load what came into sight."""
        if event.listing.id == "entries":
            self._load_seen(event.listing)

    def _load_seen(self, listing: Listing) -> None:
        outlines = self._found if self._filter else self._reading.outlines
        numbers = [outlines[i].number for i in listing.seen if i < len(outlines)]
        missing = set(numbers) - self._reading.entries.keys() - self._reading.damaged.keys()
        if missing and self._reading.problem is not None:
            self.aside(lambda: self._reading.load(missing), lambda _: self._loaded(), "seen")

    def _loaded(self) -> None:
        self._show_entries()

    # -- what keys do ----------------------------------------------------------------------------

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open an entry."""
        self._open(int(event.key))

    def on_scatter_chosen(self, event: Scatter.Chosen) -> None:
        """Open an entry."""
        self._open(event.key)

    def _open(self, number: int) -> None:
        self.app.push_screen(EntryScreen(self._reading, number))

    @property
    def chosen(self) -> int | None:
        """The number of the entry that is chosen in the view that is shown."""
        if self.view == "plot":
            return self.query_one(Scatter).key
        key = self.query_one(f"#{self.view}", Listing).key
        return None if key is None else int(key)

    def action_next_objective(self) -> None:
        """Rank by the next objective."""
        if self._reading.problem is not None:
            self._by += 1
            self._across += self._objective(self._by) == self._objective(self._across)
            self.query_one(Scatter).forget()
            self.show()
            self.query_one("#front", Listing).cursor = 1  # the best one

    def action_next_axis(self) -> None:
        """Draw against the next objective."""
        if self._reading.problem is not None:
            self._across += 1
            self._across += self._objective(self._by) == self._objective(self._across)
            self.show()

    def action_next_split(self) -> None:
        """Show the front on the other split."""
        self._split = "search" if self._split == "selection" else "selection"
        self.say("reading ...")
        self.aside(self._read_front, lambda _: self._show_read())

    def action_filter(self) -> None:
        """Ask which entries to list."""
        self.app.push_screen(Ask("List the entries", self._accept_filter, self._filter, FORM))

    def _accept_filter(self, text: str) -> None:
        query = parse_query(text)
        self._filter = text
        self.action_view("entries")
        self.say("searching ...")
        self.aside(lambda: search(self._reading, query), self._list, "filter")

    def _list(self, found: Sequence[Outline]) -> None:
        self._found = found
        self.query_one("#entries", Listing).cursor = 0
        self._show_entries()
        every = f"{len(found)} found: {self._filter}; an empty filter lists all"
        self.say(every if self._filter else self.standing)

    def action_favourite(self) -> None:
        """Mark the chosen entry, or no longer."""
        if self.chosen is not None:
            marking.toggle_favourite(self, self._reading, self.chosen, self.show)

    def action_note(self) -> None:
        """Say something of the chosen entry."""
        if self.chosen is not None:
            marking.ask_note(self, self._reading, self.chosen, self.show)

    def action_export(self) -> None:
        """Write the chosen entry to a file."""
        if self.chosen is not None:
            marking.ask_export(self, self._reading, self.chosen)

    def action_problem(self) -> None:
        """What the run is about."""
        self.app.push_screen(ProblemScreen(self._reading))
