"""From what stands behind `--archive` to the store that it means."""

from __future__ import annotations

from pathlib import Path

from archive.store.store import Store

SCHEMES = ("postgresql://", "postgres://")


def store_at(archive: str | Path) -> Store:
    """The store of a folder's path or a PostgreSQL URL; nothing is opened yet.

    Raises:
        UsageError: a URL that is none, or PostgreSQL's client is not installed.
    """
    if isinstance(archive, str) and archive.startswith(SCHEMES):
        from archive.store.server import ServerStore

        return ServerStore(archive)
    from archive.store.folder import FolderStore

    return FolderStore(Path(archive))
