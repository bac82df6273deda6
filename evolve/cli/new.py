"""The verb that writes a beginning: new problem, new policy."""

from __future__ import annotations

import keyword
import re
import shlex
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evaluators.errors import UsageError
from evaluators.writing import check_new, writing
from evolve.cli import flags
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evaluators.contract import Problem

TEST = '''"""What every problem must pass: pytest test_{name}.py"""

from evaluators.testing import ProblemContract
from {name} import {class_name}


class Test{class_name}(ProblemContract):
    def problem(self):
        return {class_name}()
'''


def _add_new(parser: Parser) -> None:
    parser.add_argument("kind", choices=("problem", "policy"))
    parser.add_argument(
        "name", metavar="NAME",
        help="of the new problem, in words_like_this; or the problem that the policy is for",
    )  # fmt: skip
    parser.add_argument(
        "--dir", metavar="DIR", default=".", help="where to write (the working directory)"
    )
    flags.add_problem_options(parser)


def _new(args: Namespace) -> int:
    if args.kind == "problem":
        file, test = _write(Path(args.dir), _problem(args.name))
        print(f"try it: pytest {test}; adrs run {file} --evaluations 100")
        return 0
    from evolve.report.command import problem_words

    args.problem = args.name
    spec = flags.problem_spec(args)
    (file,) = _write(Path(args.dir), _policy(spec.load()))
    print(f"try it: {shlex.join(['adrs', 'evaluate', *problem_words(spec), str(file)])}")
    return 0


def _problem(name: str) -> dict[str, str]:
    """A problem that works, and the test that it passes, by file name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UsageError(f"a problem cannot be called {name!r}", "name it in words_like_this")
    from evaluators.testing import skeleton

    class_name = "".join(word.capitalize() for word in name.split("_"))
    if hasattr(skeleton, class_name):
        raise UsageError(
            f"a problem cannot be called {name!r}: its file has another {class_name}",
            "give another name",
        )
    source = Path(str(skeleton.__file__)).read_text(encoding="utf-8")
    source = source.replace("class Skeleton(", f"class {class_name}(")
    source = source.replace('"skeleton", 1', f'"{name}", 1')
    return {f"{name}.py": source, f"test_{name}.py": TEST.format(name=name, class_name=class_name)}


def _policy(problem: Problem) -> dict[str, str]:
    """A baseline of the problem under the words of its interface, by file name."""
    from archive.export.interface import interface

    baselines = problem.baselines()
    name = problem.reference_policy or next(iter(baselines))
    asked = "\n".join(f"#   {line}" for line in interface(problem.signature))
    head = f"# A policy for {problem.name}: `{problem.signature.entry}`. From its baseline {name}."
    source = f"{head}\n{asked}\n\n{baselines[name].source.lstrip()}"
    return {f"{problem.name}_policy.py": source}


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """All of them, or none: nothing that is there is written over."""
    for name in files:
        check_new(folder / name, "give another name, or --dir")
    for name, text in files.items():
        with writing(folder / name, "give a folder that can be written to"):
            (folder / name).write_text(text, encoding="utf-8")
        print(f"wrote {folder / name}")
    return [folder / name for name in files]


VERBS = (Verb("new", "problem|policy NAME", "write a beginning that works", _add_new, _new),)
