"""A policy that asks an honest one, is shown all that it is shown, and answers as it likes.

It works for any signature. What the liar does is the body of a function `forge(answer, fields)`:
`answer` is the honest answer by field name, `fields` all of `given` and `observation`, records with
attributes. In its scope are `TABLE`, from `fingerprint(fields, PATHS)` to the text of an answer,
`ACTION`, the names of the action's fields, and `arrays(fields, PATHS)`, all arrays shown.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evaluators.contract import Policy, Problem, Workload
from evaluators.playing import as_seen
from evaluators.signature import SEED, Record, Signature, Values

LOOK_UP = """
text = TABLE.get(fingerprint(fields, PATHS))
return answer if text is None else eval(text, {"nan": float("nan"), "inf": float("inf")})
"""
"""The body of a liar that answers from its table where it has an entry."""

Paths = tuple[tuple[str, tuple[str, ...]], ...]  # a field's name, and its columns if it is a record

_TEMPLATE = '''\
from __future__ import annotations

{functions}

PATHS = {paths!r}
ACTION = {action!r}
TABLE = {table!r}


def forge(answer, fields):
{body}


def ask(function, fields):
    """What the function says to those of the fields that its parameters name."""
    code = getattr(function.__init__ if isinstance(function, type) else function, "__code__", None)
    if code is None:  # a class without a constructor of its own
        return function()
    if code.co_flags & 8:  # **fields
        return function(**fields)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return function(**{{name: fields[name] for name in names if name in fields}})


class Liar:
    def __init__(self, **given):
        self.given = given
        scope = dict(globals())
        before = set(scope)
        exec({honest!r}, scope)
        if {entry!r} in scope:
            self.decide = lambda fields: ask(scope[{entry!r}], fields)
            return
        owner = next(
            v for k, v in scope.items() if k not in before and isinstance(v, type)
            and hasattr(v, {entry!r})
        )
        method = getattr(ask(owner, given), {entry!r})
        self.decide = lambda fields: ask(method, fields)

    def {entry}(self, **seen):
        fields = {{**self.given, **seen}}
        answer = self.decide(fields)
        return forge(answer if isinstance(answer, dict) else {{ACTION[0]: answer}}, fields)
'''


def liar(
    problem: Problem, honest: Policy, body: str, table: Mapping[int, str] | None = None
) -> str:
    """The policy's source.

    Args:
        problem: whose questions it answers.
        honest: the policy that it asks first.
        body: what it makes of the honest answer; a crash of the body is a crash of the policy.
        table: what the body may look up.
    """
    signature = problem.signature
    return _TEMPLATE.format(
        functions="\n\n".join(inspect.getsource(f) for f in (as_bytes, fingerprint, arrays)),
        paths=paths(signature),
        action=tuple(f.name for f in signature.action),
        table=dict(table or {}),
        body=textwrap.indent(body.strip("\n"), "    "),
        honest=honest.source,
        entry=signature.entry,
    )


def key_of(problem: Problem, workload: Workload, observation: Values) -> int:
    """The fingerprint of one question as the liar takes it: of all that is shown but the seed."""
    signature = problem.signature
    values = {**problem.given(workload), **observation}
    return fingerprint(as_seen(signature.inputs(), values), paths(signature))


def paths(signature: Signature) -> Paths:
    """Where the numbers of a question are."""
    return tuple(
        (f.name, tuple(x.name for x in f.fields) if isinstance(f, Record) else ())
        for f in signature.inputs()
        if f.name != SEED.name
    )


def literal(value: Any) -> str:
    """The text of an answer, arrays as lists: `eval` with `nan` and `inf` gives it back."""
    return repr(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


# The rest is part of every liar too: it uses nothing that a policy might not have.


def as_bytes(value: Any) -> bytes:
    """Any field's value, equal on both sides of the sandbox."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        return b",".join(map(as_bytes, value))
    if getattr(value, "ndim", 0):
        data: bytes = value.astype(float).tobytes()
        return data
    return float(value).hex().encode()


def fingerprint(fields: Mapping[str, Any], paths: Paths) -> int:
    """A number that tells questions apart."""
    parts = []
    for name, columns in paths:
        value = fields[name]
        parts += [getattr(value, column) for column in columns] if columns else [value]
    number = int.from_bytes(b"|".join(map(as_bytes, parts)), "little")
    # two primes of one digit each: dividing by a longer one takes twice as long
    return number % (2**30 - 35) << 30 | number % (2**30 - 41)


def arrays(fields: Mapping[str, Any], paths: Paths) -> Iterator[Any]:
    """Every array among the fields that may be written to."""
    for name, columns in paths:
        value = fields[name]
        for found in [getattr(value, column) for column in columns] if columns else [value]:
            for array in found if isinstance(found, list) else [found]:
                if getattr(array, "ndim", 0) and array.flags.writeable:
                    yield array
