"""Files that a problem is made from, taken to nodes that lack them: once each, by their digest."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluators.errors import UsageError
from evaluators.registry import ProblemSpec


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file as it travels: which field of the ProblemSpec names it, and what is in it."""

    field: str
    file_name: str
    digest: str  # SHA-256 of the content


def pack(spec: ProblemSpec) -> list[tuple[Parcel, bytes]]:
    """The problem's own file and the workload file, as far as there are any. Raises UsageError."""
    paths = {"name": spec.name if spec.name.endswith(".py") else None}
    paths["workload_file"] = spec.workload_file
    return [_packed(field, Path(path)) for field, path in paths.items() if path]


def _packed(field: str, path: Path) -> tuple[Parcel, bytes]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give a file that can be read") from error
    return Parcel(field, path.name, hashlib.sha256(content).hexdigest()), content


def unpacked(
    spec: ProblemSpec, parcels: Sequence[Parcel], fetch: Callable[[Parcel], bytes]
) -> ProblemSpec:
    """The spec with paths of this machine; what lies here already is not fetched."""
    paths: Mapping[str, str] = {p.field: str(_kept(p, fetch)) for p in parcels}
    return dataclasses.replace(spec, **paths)  # type: ignore[arg-type]  # fields that are paths


def _kept(parcel: Parcel, fetch: Callable[[Parcel], bytes]) -> Path:
    """Where the file lies here. The folder is named by the digest, the file as its owner named it:
    readers go by the ending. A file of the name that holds something else is replaced.
    """
    path = cache_folder() / parcel.digest / parcel.file_name
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == parcel.digest:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, written = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(fetch(parcel))
    Path(written).replace(path)  # several slots of a node may write at once
    return path


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/adrs/files, by default below ~/.cache: it may be emptied at any time."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "adrs" / "files"
