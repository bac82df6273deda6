"""Workloads of a user, or the published ones: JSON objects that name transactions.

    {"txn0": "w-17 r-5 * r-4", "txn1": "r-17 w-10"}

A transaction is its operations, apart by spaces: `r-KEY` reads, `w-KEY` writes, `*` touches no key.
The published three are such texts in constants of a Python file, `workloads.py`, which is read and
not run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evaluators.contract import Span, Split, Workload
from evaluators.errors import UsageError
from evaluators.file_splits import LEAST, check_distinct, in_splits
from evaluators.parsing import parsed_module
from evaluators.problems.transaction_scheduling.parameters import MOST_TRANSACTIONS
from evaluators.problems.transaction_scheduling.simulator import IDLE, Transactions
from evaluators.problems.transaction_scheduling.workloads import make_workload
from evaluators.text_files import read_text

EXPECTED = 'expected {"NAME": "r-KEY w-KEY ...", ...}'
MOST_OPERATIONS = 1000  # of a transaction
KINDS = {"r": False, "w": True}


def file_workloads(path: str) -> Mapping[Split, tuple[Workload, ...]]:
    """The workloads of a .json file, of a .py file, or of all .json files of a folder.

    Five or more, in their order: 60 % search, 20 % selection, 20 % sealed. Fewer: all are sealed,
    and the other splits are drawn.

    Raises:
        UsageError: nothing to read, a text is no workload, or one is there twice.
    """
    made = [
        _workload(name, where, text) for file in _files(path) for name, where, text in _texts(file)
    ]
    if not made:
        raise UsageError(f"{path} holds no workload", EXPECTED)
    if len(made) >= LEAST:
        return in_splits(path, made, "workload")
    check_distinct(path, made, "workload")
    return {"sealed": tuple(made)}


def _files(path: str) -> Sequence[Path]:
    at = Path(path)
    return sorted(at.glob("*.json")) if at.is_dir() else [at]


def _texts(file: Path) -> Iterator[tuple[str, str, str]]:
    """Name, place for messages, and JSON text of every workload."""
    text, _ = read_text(file, EXPECTED)
    if file.suffix != ".py":
        yield file.stem, str(file), text
        return
    try:
        tree = parsed_module(text)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{file} is no Python: {error}", EXPECTED) from error
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                yield name, f"{file}:{node.lineno}", value


def _workload(name: str, where: str, text: str) -> Workload:
    named = _transactions(where, text)
    if not 2 <= len(named) <= MOST_TRANSACTIONS:
        raise UsageError(
            f"{where}: {len(named)} transactions",
            f"expected 2 to {MOST_TRANSACTIONS} in a workload",
        )
    number: dict[str, int] = {}
    operations = [
        [_operation(f"{where}: {n!r}", o, number) for o in _split(where, n, ops)]
        for n, ops in named
    ]
    drawn = make_workload(f"file-{name}", "file", Transactions.of(operations))
    span = Span(where, 0, len(named))
    return Workload(drawn.id, drawn.family, drawn.cluster, drawn.content, (span,))


def _transactions(where: str, text: str) -> Sequence[tuple[str, object]]:
    """Names and operations; a name that repeats stays twice."""
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: no JSON: {error}", EXPECTED) from error
    if not isinstance(pairs, tuple):
        raise UsageError(f"{where}: no JSON object", EXPECTED)
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{where}: {name!r} is there twice", "give each a name of its own")
    return pairs


def _split(where: str, name: str, operations: object) -> Sequence[str]:
    found = operations.split() if isinstance(operations, str) else []
    if not 1 <= len(found) <= MOST_OPERATIONS:
        shown = repr(operations)[:40]
        raise UsageError(
            f"{where}: {name!r} is {shown}", f"expected 1 to {MOST_OPERATIONS} operations as text"
        )
    return found


def _operation(where: str, text: str, number: dict[str, int]) -> tuple[int, bool]:
    """Key, numbered as it comes, and whether it writes."""
    if text == "*":
        return IDLE, False
    kind, _, key = text.partition("-")
    if kind not in KINDS or not key:
        raise UsageError(f"{where}: operation {text[:20]!r}", "expected r-KEY, w-KEY or *")
    return number.setdefault(key, len(number)), KINDS[kind]
