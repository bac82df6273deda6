"""Lists for other programs (`--json`, `--format csv|jsonl`) and for people (a table)."""

from __future__ import annotations

import csv
import io
import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from evolve.cli.documents import print_document
from evolve.cli.terminal import say
from evolve.cli.wording import printable

Row = Mapping[str, Any]  # the same keys in every row, in the order of the columns


def print_rows(rows: Sequence[Row], args: Namespace, columns: Mapping[str, str]) -> None:
    """Print as the flags say; `columns` are those of the table, key -> heading."""
    if args.json:
        print_document([dict(row) for row in rows])
    elif args.format == "jsonl":
        for row in rows:
            say(json.dumps(row, ensure_ascii=False))
    elif args.format == "csv":
        _print_csv(rows)
    else:
        _print_table(rows, columns)


def _print_csv(rows: Sequence[Row]) -> None:
    if rows:
        out = io.StringIO()
        writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        say(out.getvalue(), end="")


def _print_table(rows: Sequence[Row], columns: Mapping[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    widest = max(columns, key=lambda key: max(len(_cell(row[key])) for row in rows))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for key, heading in columns.items():
        is_number = any(isinstance(row[key], (int, float)) for row in rows)
        justify: Literal["right", "left"] = "right" if is_number else "left"
        # only the widest gives way on a narrow terminal
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=key != widest)
    for row in rows:
        table.add_row(*(_cell(row[key]) for key in columns))
    Console(highlight=False).print(table)


def _cell(value: Any) -> str:
    return "-" if value is None else printable(str(value))
