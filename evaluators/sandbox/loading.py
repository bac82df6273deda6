"""From source text to something that can be called: compile, resolve the entry, match parameters.

Runs in the sealed child alone.
"""

from __future__ import annotations

import builtins
import inspect
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POLICY_FILE = "<policy>"
PRELUDE_FILE = "<prelude>"
MODULE = "policy"

Factory = Callable[[Mapping[str, Any]], Callable[[Mapping[str, Any]], Any]]


class ForbiddenImportError(ImportError):
    """A policy imports what it may not."""


class NoEntryError(Exception):
    """The policy has no entry of the declared name, or one that asks for unknown fields."""


@dataclass(frozen=True)
class Entry:
    """A loaded policy: which fields it reads, and how an episode's decider is made."""

    given: frozenset[str]
    observation: frozenset[str]
    begin: Factory


class _RefusingFinder:
    """The last word on imports: what was not loaded before sealing does not exist."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = allowed

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        raise forbidden(name, self._allowed)


def forbidden(name: str, allowed: Sequence[str]) -> ForbiddenImportError:
    """The error that names the module and what may be imported."""
    return ForbiddenImportError(
        f"import of {name!r}: a policy may import only {', '.join(allowed)}"
    )


def namespace_for(allowed: Sequence[str]) -> dict[str, Any]:
    """A module namespace whose imports go by the allow-list. Closes the import system behind it."""
    roots = {name.partition(".")[0] for name in allowed}
    real_import = builtins.__import__

    def guarded_import(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> types.ModuleType:
        if level or name.partition(".")[0] not in roots:
            raise forbidden("." * level + name, allowed)
        return real_import(name, globals, locals, fromlist, level)

    sys.meta_path[:] = [_RefusingFinder(allowed)]
    module = types.ModuleType(MODULE)  # dataclasses and typing look a class's module up
    sys.modules[MODULE] = module
    namespace = vars(module)
    namespace["__builtins__"] = {**vars(builtins), "__import__": guarded_import}
    return namespace


def load(
    prelude: str, source: str, namespace: dict[str, Any], description: Mapping[str, Any]
) -> Entry:
    """The policy's entry. Raises what the policy raises, SyntaxError or NoEntryError."""
    exec(compile(prelude, PRELUDE_FILE, "exec", dont_inherit=True), namespace)
    exec(_compiled(source), namespace)
    given = [f["name"] for f in description["given"]]
    observation = [f["name"] for f in description["observation"]]
    name = description["entry"]
    found = namespace.get(name)
    if callable(found) and not inspect.isclass(found):
        return _function_entry(found, name, given, observation)
    return _class_entry(_class_with(namespace, name), name, given, observation)


def _compiled(source: str) -> types.CodeType:
    try:
        return compile(source, POLICY_FILE, "exec", dont_inherit=True)
    except ValueError as error:  # null bytes, before Python 3.11.4
        raise SyntaxError(str(error)) from error


def _class_with(namespace: Mapping[str, Any], name: str) -> type:
    classes = {
        v for v in namespace.values()
        if inspect.isclass(v) and v.__module__ == MODULE and callable(getattr(v, name, None))
    }  # fmt: skip
    if len(classes) != 1:
        found = ", ".join(sorted(c.__name__ for c in classes)) or "none"
        raise NoEntryError(
            f"expected a top-level function {name!r} or exactly one top-level class with a method "
            f"{name!r}; classes found: {found}"
        )
    return classes.pop()


def _function_entry(
    function: Callable[..., Any], name: str, given: Sequence[str], observation: Sequence[str]
) -> Entry:
    read = matched(name, _parameters(function, name), [*given, *observation])

    def begin(constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
        return lambda seen: function(**constants, **seen)

    return Entry(read & frozenset(given), read & frozenset(observation), begin)


def _class_entry(cls: type, name: str, given: Sequence[str], observation: Sequence[str]) -> Entry:
    constants_read = matched(f"{cls.__name__}()", _parameters(cls, name), given)
    method = _parameters(getattr(cls, name), name)
    if not isinstance(inspect.getattr_static(cls, name), (staticmethod, classmethod)):
        method = method[1:]
    read = matched(f"{cls.__name__}.{name}", method, observation)

    def begin(constants: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
        decide = getattr(cls(**constants), name)
        return lambda seen: decide(**seen)

    return Entry(constants_read, read, begin)


def _parameters(function: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise NoEntryError(f"the parameters of {name!r} cannot be read: {error}") from error


def matched(
    owner: str, parameters: Sequence[inspect.Parameter], fields: Sequence[str]
) -> frozenset[str]:
    """The fields that the parameters name; all of them for `**kwargs`."""
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return frozenset(fields)
    for p in parameters:
        is_named = p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name in fields
        if not is_named and p.default is p.empty and p.kind is not p.VAR_POSITIONAL:
            raise NoEntryError(
                f"{owner} asks for {p.name!r}, which is no field; it may name {', '.join(fields)}"
            )
    return frozenset(p.name for p in parameters if p.name in fields)
