"""Verbs on runs as a whole: runs (list, rename, remove), archive (export, import)."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb


def _add_runs(parser: Parser) -> None:
    parser.add_argument("--rename", nargs=2, metavar=("OLD", "NEW"), help="give a run another name")
    parser.add_argument("--remove", metavar="RUN", help="take a run away, for good")
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    flags.add_list_format(parser)
    flags.add_archive(parser)


def _runs(args: Namespace) -> int:
    if args.rename:
        return _rename(args.archive, *args.rename)
    if args.remove:
        return _remove(args.archive, args.remove, args.yes)
    return _list(args)


def _list(args: Namespace) -> int:
    from archive.store.places import store_at
    from evolve.cli.rows import print_rows
    from evolve.cli.run_page import run_rows

    rows, damaged = run_rows(args.archive)
    if args.json or args.format:
        print_rows(rows, args, {})
    elif rows:
        _print_by_problem([_shown(row) for row in rows], args)
    else:
        print(f"no run in {store_at(args.archive).place}; start one: adrs run PROBLEM")
    for error in damaged:
        say(f"adrs: {error.message}; {error.hint}", file=sys.stderr)
    return 1 if damaged else 0


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    from evolve.cli.wording import minute, size

    return {**row, "started": minute(row["started"]), "size_bytes": size(row["size_bytes"])}


_HEADINGS = {
    "run": "run",
    "evaluated": "policies",
    "joined": "joined",
    "usd": "$",
    "started": "started (UTC)",
    "stopped": "stopped",
    "size_bytes": "size",
}


def _print_by_problem(rows: Sequence[Mapping[str, Any]], args: Namespace) -> None:
    from evolve.cli.rows import print_rows

    for number, problem in enumerate(dict.fromkeys(row["problem"] for row in rows)):
        print(problem if number == 0 else f"\n{problem}")
        print_rows([row for row in rows if row["problem"] == problem], args, _HEADINGS)


def _rename(archive: str, old: str, new: str) -> int:
    from archive.store.places import store_at

    store_at(archive).rename(old, new)
    print(f"{old} is {new} now")
    return 0


def _remove(archive: str, name: str, is_sure: bool) -> int:
    from archive.library import Library
    from archive.store.places import store_at
    from evolve.cli.wording import size

    store = store_at(archive)
    evaluated = Library(archive).status(name).evaluated
    about = f"{name} ({evaluated} policies, {size(store.size_bytes(name))})"
    if not is_sure and not _is_confirmed(f"remove {about} for good? [y/N] "):
        print(f"{name} stays")
        return 1
    store.remove(name)
    print(f"removed {about}")
    return 0


def _is_confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", "say it with --yes")
    return input(question).strip().lower() in ("y", "yes")


def _add_archive(parser: Parser) -> None:
    parser.add_argument("action", metavar="export|import", choices=("export", "import"))
    parser.add_argument("file", metavar="FILE", help="written by export, read by import")
    parser.add_argument("run", metavar="RUN", nargs="*", help="of export: all when none is named")
    flags.add_archive(parser)


def _archive(args: Namespace) -> int:
    return _import(args) if args.action == "import" else _export(args)


def _export(args: Namespace) -> int:
    from archive.moving import export_runs
    from archive.store.places import store_at

    store = store_at(args.archive)
    digests = export_runs(store, args.run or store.names(), Path(args.file))
    for name, digest in digests.items():
        print(f"{name}: {digest}")
    return 0


def _import(args: Namespace) -> int:
    from archive.moving import import_runs
    from archive.store.places import store_at

    if args.run:
        raise UsageError("import takes in all runs of a file", "leave their names out")
    store = store_at(args.archive)
    for name, is_new in import_runs(store, Path(args.file)).items():
        print(f"{name}: {'taken in' if is_new else 'there already, the same'}")
    return 0


VERBS = (
    Verb("runs", "", "list, rename or remove the runs of an archive", _add_runs, _runs),
    Verb("archive", "export|import FILE", "move runs between archives", _add_archive, _archive),
)
