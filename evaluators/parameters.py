"""A problem's parameters: which of them are part of what it is."""

from __future__ import annotations

import dataclasses
from typing import Any

_ADDED = {"added": True}


def added(default: Any) -> Any:
    """A field of `Parameters` that came later: at its default it is no part of the identity.

    So a problem that gains a parameter stays the problem that runs were started on.
    """
    return dataclasses.field(default=default, metadata=_ADDED)


def identifying(parameters: Any) -> dict[str, Any]:
    """The parameters by name, without those that were added later and have their default."""
    values = dataclasses.asdict(parameters)
    unchanged = {
        f.name
        for f in dataclasses.fields(parameters)
        if _ADDED.items() <= f.metadata.items() and values[f.name] == f.default
    }
    return {name: value for name, value in values.items() if name not in unchanged}
