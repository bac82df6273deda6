"""The verb that takes a policy out: export."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.verb import Parser, Verb


def _add_export(parser: Parser) -> None:
    parser.add_argument("entry", metavar="ID", help="RUN/N, or a digest's first digits")
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, not to stdout")
    flags.add_archive(parser)


def _export(args: Namespace) -> int:
    from archive.export.module import export_module
    from evolve.cli.lookup import find_entry

    run, entry = find_entry(args.archive, args.entry)
    source = export_module(run.problem, run.name, entry, run.entries())
    if args.output is None:
        print(source, end="")
        return 0
    try:
        Path(args.output).write_text(source, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{args.output}: {error.strerror}", "give a file that can be written"
        ) from error
    print(f"{args.entry} is in {args.output}: import it and call "
          f"{run.problem.signature.entry}", file=sys.stderr)  # fmt: skip
    return 0


VERBS = (Verb("export", "ID", "a policy as a Python module of its own", _add_export, _export),)
