"""The verb that writes down what a run found: report."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.writing import writing
from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evolve.report.markdown import Report

SECONDS = 120.0


def _add_report(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, not to stdout")
    shapes = parser.add_mutually_exclusive_group()
    shapes.add_argument(
        "--html", action="store_true", help="one static file with pictures instead of Markdown"
    )
    shapes.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--robustness", action="store_true",
        help="play the winner and the baselines under other settings of the problem, too (minutes)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", metavar="S", type=flags.duration_s, default=SECONDS,
        help=f"reduce the winner's code for so long at most ({SECONDS:.0f})",
    )  # fmt: skip
    flags.add_workers(parser)
    flags.add_archive(parser)


def _report(args: Namespace) -> int:
    from evolve.cli.progress import watching_play
    from evolve.report.gathering import gather

    try:
        with watching_play() as observer:
            report = gather(
                args.archive, args.run, args.workers, observer,
                reducing_seconds=args.seconds, robustness=args.robustness,
            )  # fmt: skip
    except KeyboardInterrupt:
        words = f"{args.run}{' --robustness' if args.robustness else ''}"
        where = flags.archive_words(args.archive)
        print(f"interrupted, nothing is lost: adrs report {words}{where}", file=sys.stderr)
        return 130
    _write(_text(report, args), args.output)
    return 0


def _text(report: Report, args: Namespace) -> str:
    from evolve.cli.documents import text_of
    from evolve.cli.report_document import report_document
    from evolve.report.markdown import markdown

    if args.json:
        return f"{text_of(report_document(report))}\n"
    text = markdown(report)
    return _page(report, text) if args.html else text


def _page(report: Report, text: str) -> str:
    from evolve.cli.plot import picture_of
    from evolve.report.page import page

    return page(f"adrs: {report.run.name}", text, picture_of(report.run))


def _write(text: str, output: str | None) -> None:
    if output is None:
        say(text, end="")
        return
    with writing(output):
        Path(output).write_text(text, encoding="utf-8")
    print(f"the report is in {output}", file=sys.stderr)


VERBS = (
    Verb("report", "RUN", "what it found, and whether it holds on sealed", _add_report, _report),
)
