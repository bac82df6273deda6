"""`adrs`: finds the verb, calls it, and turns what it raises into an exit code.

Exit codes: 0 done, 1 the work failed, 2 usage, 3 the budget ended before anything valid,
130 interrupted. A fault of ours is a traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from evaluators.errors import UsageError, nearest_hint
from evolve.cli import (
    archive,
    asktell,
    bench,
    browse,
    compare,
    confirm,
    diff,
    export,
    mcp,
    new,
    plot,
    read,
    redteam,
    repeat,
    report,
    rescore,
    score,
    watch,
    work,
)
from evolve.cli.terminal import say
from evolve.cli.verb import Verb

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        *work.VERBS,
        *asktell.VERBS,
        *repeat.VERBS,
        *rescore.VERBS,
        *confirm.VERBS,
        *read.VERBS,
        *watch.VERBS,
        *browse.VERBS,
        *archive.VERBS,
        *new.VERBS,
        *score.VERBS,
        *redteam.VERBS,
        *diff.VERBS,
        *compare.VERBS,
        *bench.VERBS,
        *plot.VERBS,
        *report.VERBS,
        *export.VERBS,
        *mcp.VERBS,
    )
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    try:
        code = run_command(sys.argv[1:] if words is None else words)
        sys.stdout.flush()  # here, where it can be said that it cannot be written
        return code
    except UsageError as error:
        return _refuse(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        _drop_output()
        return 1
    except UnicodeEncodeError as error:
        if error.encoding.startswith("utf"):
            raise
        character = error.object[error.start]
        hint = "set PYTHONIOENCODING=utf-8"
        return _refuse(UsageError(f"the output cannot hold {character!a}", hint))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _drop_output()
        hint = "free some where the output goes, or where temporary files are"
        return _refuse(UsageError("no space left on the disk", hint))


def _refuse(error: UsageError) -> int:
    say(f"adrs: {error.message}", file=sys.stderr)
    if error.hint:
        say(f"hint: {error.hint}", file=sys.stderr)
    return 2


def _drop_output() -> None:
    """What is left of it, so that the interpreter does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_command(words: Sequence[str]) -> int:
    """Dispatch on the first word."""
    first = words[0] if words else "--help"
    if first in ("-h", "--help", "help"):
        print(overview())
        return 0
    if first == "--version":
        print(f"adrs {version('adrs')}")
        return 0
    verb = find_verb(first)
    return verb.act(verb.parser().read(words[1:]))


def find_verb(name: str) -> Verb:
    """The verb of a name. Raises UsageError, naming the nearest."""
    if name not in VERBS:
        raise UsageError(f"unknown verb {name!r}", nearest_hint(name, VERBS))
    return VERBS[name]


def overview() -> str:
    """The help of the whole."""
    lines = [f"  {v.name + ' ' + v.synopsis:<30} {v.summary}" for v in VERBS.values()]
    return "\n".join(
        [
            "usage: adrs VERB ...   (flags of a verb: adrs VERB --help)",
            "",
            "Finds scheduling policies: an evolutionary loop changes the code of published ones,",
            "scores each in a sandbox against a simulator, and keeps those that nothing beats.",
            "",
            *lines,
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
