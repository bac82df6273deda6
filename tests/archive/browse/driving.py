"""Presses keys in a browser and waits until all that they started has ended."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from rich.console import Console
from textual.pilot import Pilot

from archive.browse.app import Browser
from archive.browse.queries.shelf import Shelf

Size = tuple[int, int]
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def browser(run: str | None = None, archive: str = "runs") -> Browser:
    """A browser that reads again only when it is told to."""
    return Browser(Shelf(archive, lambda: NOW), run, look_every_s=None)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until no work is left and nothing is to be drawn."""
    quiet = 0
    while quiet < 2:
        await pilot.pause()
        is_busy = any(not worker.is_finished for worker in pilot.app.workers)
        quiet = 0 if is_busy else quiet + 1
        if is_busy:
            await asyncio.sleep(0.01)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and wait until all that they started has ended."""
    await pilot.press(*keys)
    await settle(pilot)


def drive(
    app: Browser, act: Callable[[Pilot[None]], Awaitable[None]], size: Size = (80, 24)
) -> None:
    """Run the browser without a terminal, and act in it."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await act(pilot)

    asyncio.run(run())


def seen(pilot: Pilot[None]) -> str:
    """What stands on the screen, without colours."""
    app = pilot.app
    width, height = app.size
    out = io.StringIO()
    console = Console(
        file=out, width=width, height=height, color_system=None, force_terminal=False,
        legacy_windows=False,
    )  # fmt: skip
    console.print(app.screen._compositor.render_update(full=True))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).rstrip() + "\n"


def written(pilot: Pilot[None]) -> str:
    """The texts that a terminal would get for the screen, before any colour is put around them."""
    lines = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines)
