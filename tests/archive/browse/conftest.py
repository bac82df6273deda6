"""Archives, each made once and when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.archive.browse import archives

CROWD = 100_000  # entries; the stored captures have them

FILL: dict[str, Callable[[Path], None]] = {
    "empty": lambda root: root.mkdir(),
    "single": archives.fill_single,
    "small": archives.fill_small,
    "corrupt": archives.fill_corrupt,
    "crowd": lambda root: archives.fill_crowd(root, CROWD),
}


@pytest.fixture(scope="session")
def shelf_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """From the name of an archive to a folder with it as `runs`: nobody writes there."""

    @cache
    def folder_of(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        FILL[name](folder / "runs")
        return folder

    return folder_of
