"""Flags that several verbs share, and what they come to."""

from __future__ import annotations

import math
import shlex
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.errors import UsageError

if TYPE_CHECKING:
    from evaluators.registry import ProblemSpec
    from evolve.cli.verb import Parser


def add_problem(parser: Parser) -> None:
    """PROBLEM, --param, --workload."""
    parser.add_argument("problem", metavar="PROBLEM", help="a name of `adrs problems`, or FILE.py")
    add_problem_options(parser)


def add_problem_options(parser: Parser) -> None:
    """--param, --workload."""
    parser.add_argument(
        "--param", metavar="K=V", action="append", default=[], help="a parameter of the problem"
    )
    parser.add_argument("--workload", metavar="FILE", help="your own log or trace")


def add_device(parser: Parser) -> None:
    """--device."""
    parser.add_argument(
        "--device", metavar="NAME", default="",
        help="measure on cuda:N what is simulated otherwise, in one evaluator (cpu: for tests)",
    )  # fmt: skip


def add_pair(parser: Parser, meaning: str) -> None:
    """A and B, `first` and `second`."""
    for name, metavar in (("first", "A"), ("second", "B")):
        parser.add_argument(name, metavar=metavar, help=meaning)


def problem_spec(args: Namespace) -> ProblemSpec:
    """How to make the problem that the flags name; its paths hold in any working directory."""
    from evaluators.registry import ProblemSpec

    is_path = args.problem.endswith(".py")
    name = str(Path(args.problem).resolve()) if is_path else args.problem
    workload = args.workload and str(Path(args.workload).resolve())
    device = getattr(args, "device", "")
    if device and (getattr(args, "workers", None) or 1) > 1:
        raise UsageError(
            f"--workers {args.workers}, and {device} is for one process alone", "leave it out"
        )
    return ProblemSpec(name, pairs("--param", args.param), workload, device=device)


def add_archive(parser: Parser) -> None:
    """--archive."""
    parser.add_argument(
        "--archive", metavar="DIR|URL", default="runs",
        help="folder of runs (runs), or postgresql://user@host/database",
    )  # fmt: skip


def archive_words(archive: str) -> str:
    """What names the archive in a command that is suggested; nothing for the usual one."""
    from archive.store.places import store_at

    return "" if archive == "runs" else f" --archive {shlex.quote(store_at(archive).place)}"


def add_split(parser: Parser) -> None:
    """--split, of verbs that show a front."""
    parser.add_argument(
        "--split", choices=("search", "selection"), default="selection", help="(selection)"
    )


def add_json(parser: Parser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def add_list_format(parser: Parser) -> None:
    """--json and --format, of verbs that print a list."""
    add_json(parser)
    parser.add_argument("--format", choices=("csv", "jsonl"), help="one line per row on stdout")


def add_workers(parser: Parser) -> None:
    """--workers and --unsafe-no-sandbox, of verbs that play policies."""
    parser.add_argument(
        "--workers", metavar="N", type=positive, help="evaluator processes (one per CPU)"
    )
    add_unsafe(parser)


def add_executor(parser: Parser) -> None:
    """--executor, of verbs that search."""
    parser.add_argument(
        "--executor", metavar="WHERE", type=executor,
        help="where evaluators are: local, ray (a Ray of its own), HOST:PORT of the Ray that this"
        " machine belongs to, or ray://HOST:PORT of another (docs/scaling.md)",
    )  # fmt: skip


def executor(text: str) -> str:
    """A place for evaluators, as it was written. Raises UsageError."""
    from evaluators.execution.cluster.connection import check_address

    if text != "local":
        check_address(text)
    return text


def add_unsafe(parser: Parser) -> None:
    """--unsafe-no-sandbox."""
    parser.add_argument(
        "--unsafe-no-sandbox",
        action="store_true",
        help="play policies without kernel protection; every record says so",
    )


def pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    """`K=V` texts as a mapping. Raises UsageError."""
    for text in texts:
        if "=" not in text.lstrip("="):
            raise UsageError(f"{flag} {text!r} is not understood", f"write {flag} key=value")
    return {k.strip(): v for k, _, v in (t.partition("=") for t in texts)}


def names(text: str) -> tuple[str, ...]:
    """`a,b` as names."""
    return tuple(n.strip() for n in text.split(",") if n.strip())


def positive(text: str) -> int:
    """A whole number above zero; argparse words the refusal."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


positive.__name__ = "positive number"  # argparse prints it: "invalid positive number value"


def duration_s(text: str) -> float:
    """Seconds above zero; argparse words the refusal."""
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


duration_s.__name__ = "number of seconds"


def read_text(path: str) -> str:
    """A file's text, or for `-` what comes on standard input. Raises UsageError that names the
    file, and the line that is not UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "give a file that can be read") from error
    try:
        return data.decode("utf-8-sig")  # some editors put a mark before the text
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8", "save it as UTF-8") from error
