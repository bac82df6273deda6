"""Verbs that repeat a run from its journal: replay, prompt."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.terminal import say
from evolve.cli.verb import Parser, Verb

if TYPE_CHECKING:
    from evolve.llm.message import Request


def _add(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN")
    flags.add_archive(parser)


def _replay(args: Namespace) -> int:
    from evolve.replaying import replay

    replayed = replay(args.archive, args.run)
    print(
        f"{args.run} replayed: {replayed.commits} commits, {replayed.calls} calls to models, "
        f"{replayed.evaluations} evaluations, none of them made again"
    )
    if replayed.difference:
        say(f"the archives differ: {replayed.difference}")
        return 1
    print("the archive is the same")
    return 0


def next_request(archive: str, run: str) -> Request:
    """What a run would ask next. Raises UsageError when it asks nobody."""
    from evolve.replaying import replay

    request = replay(archive, run).next_request
    if request is None:
        raise UsageError(
            f"run {run} asks nobody", "start one with --model PROVIDER/NAME, or --ask-tell"
        )
    return request


def _prompt(args: Namespace) -> int:
    request = next_request(args.archive, args.run)
    for message in request.messages:
        say(f"--- {message.role} ---\n{message.content}\n")
    print(f"--- to {request.model}, at most {request.max_output_tokens} tokens of answer ---")
    return 0


VERBS = (
    Verb("prompt", "RUN", "the prompt that a run would send next", _add, _prompt),
    Verb("replay", "RUN", "repeat a run from its journal alone", _add, _replay),
)
