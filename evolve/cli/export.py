"""The verb that takes a policy out: export."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.errors import UsageError
from evaluators.writing import check_new, writing
from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from archive.entry import Entry
    from archive.export.reduction import Reduced
    from evolve.runs import Run

EVALUATIONS = 2000
SECONDS = 600.0


def _add_export(parser: Parser) -> None:
    parser.add_argument("entry", metavar="ID", help="RUN/N, or a digest's first digits")
    parser.add_argument("-o", "--output", metavar="FILE", help="write here, not to stdout")
    parser.add_argument("--package", metavar="DIR", help="an installable package with its tests")
    parser.add_argument(
        "--target", metavar="NAME", help="a module for a real system: vllm-eplb, sglang-eplb, ..."
    )
    parser.add_argument(
        "--reduce", action="store_true", help="without what its behaviour does not need"
    )
    parser.add_argument(
        "--evaluations", metavar="N", type=flags.positive, default=EVALUATIONS,
        help=f"with --reduce: try so many smaller policies at most ({EVALUATIONS})",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", metavar="S", type=flags.duration_s, default=SECONDS,
        help=f"with --reduce: for so long at most ({SECONDS:.0f})",
    )  # fmt: skip
    flags.add_unsafe(parser)
    flags.add_archive(parser)


def _export(args: Namespace) -> int:
    from archive.export.adapter import check_target, export_adapter
    from archive.export.module import export_module
    from archive.export.standing import Scored
    from evolve.cli.lookup import find_entry

    _check_forms(args)
    run, entry = find_entry(args.archive, args.entry)
    if args.target:
        check_target(args.target, run.problem)
    if args.package:
        check_new(args.package)  # said before anything is played
    if args.package or args.target or args.reduce:
        _check_unchanged(run)
    reduced = _reduced(run, entry, args) if args.reduce else None
    if args.package:
        return _write_package(run, entry, reduced, args)
    scored = Scored(run.scale, run.identity, run.constraints())
    parts = (run.problem, run.name, entry, run.entries(), reduced, scored)
    if args.target:
        return _write_module(export_adapter(args.target, *parts), run, args)
    return _write_module(export_module(*parts), run, args)


def _check_forms(args: Namespace) -> None:
    if args.package and (args.output or args.target):
        other = "--output" if args.output else "--target"
        raise UsageError(f"--package and {other} are two exports", "call export once for each")


def _write_module(source: str, run: Run, args: Namespace) -> int:
    from archive.export.adapter import TARGETS

    if args.output is None:
        say(source, end="")
        return 0
    with writing(args.output):
        Path(args.output).write_text(source, encoding="utf-8")
    use = f"import it and call {run.problem.signature.entry}"
    if args.target:
        use = TARGETS[args.target].use
    print(f"{args.entry} is in {args.output}: {use}", file=sys.stderr)
    return 0


def _write_package(run: Run, entry: Entry, reduced: Reduced | None, args: Namespace) -> int:
    from archive.export.package import Package

    package = Package(
        run.problem, run.name, entry, run.entries(), run.scores(entry), reduced, run.constraints()
    )
    package.write(Path(args.package), args.unsafe_no_sandbox)
    print(f"{args.entry} is in {args.package}: pip install {args.package} && "
          f"pytest {args.package}", file=sys.stderr)  # fmt: skip
    return 0


def _check_unchanged(run: Run) -> None:
    """A package has scores and actions of one problem; an adapter its constants; what is reduced is
    played. A module alone says what of it is of which version.
    """
    from evaluators.identity import identity_of

    then, now = run.identity, identity_of(run.problem)
    if then["digest"] != now["digest"]:
        raise UsageError(
            f"{now['name']} is not what run {run.name} was scored on "
            f"(version {then['version']} then, {now['version']} now)",
            "leave --package, --target and --reduce out: the module says what of it is of which "
            "version; or export from a run of the present one",
        )


def _reduced(run: Run, entry: Entry, args: Namespace) -> Reduced:
    """The smaller policy; what it came to is said on stderr."""
    from rich.console import Console

    from evolve.reducing import reduce_entry

    console = Console(stderr=True, highlight=False)
    console.print(
        f"reducing {args.entry}: at most {args.evaluations} evaluations, {args.seconds:.0f} s"
    )
    with console.status("playing it as it is") as status:
        reduced = reduce_entry(
            run, entry, args.evaluations, args.seconds, unsafe_no_sandbox=args.unsafe_no_sandbox,
            tell=lambda so_far: status.update(_words(so_far)),
        )  # fmt: skip
    console.print(_words(reduced))
    if not reduced.is_finished:
        console.print("stopped there: more evaluations or seconds may take away more")
    return reduced


def _words(reduced: Reduced) -> str:
    return f"{reduced.change}, after {reduced.trials} evaluations"


VERBS = (Verb("export", "ID", "take a policy out: module, package, adapter", _add_export, _export),)
