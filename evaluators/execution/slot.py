"""The evaluator process of one slot: owns problem, simulator and scorer, and one warm zygote.

`python -m evaluators.execution.slot` reads one line of greeting and then a job per line, and
answers each with one line. It has no key of the user's in its environment and dies with the engine.
What problem code raises, InvalidAction excepted, ends it with a traceback: the engine raises that.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import asdict
from typing import Any, TextIO

from evaluators.errors import UsageError
from evaluators.execution.cpus import own_cpu
from evaluators.execution.evaluation import Evaluator, cpu_model
from evaluators.execution.lockstep import Player
from evaluators.execution.message import SANDBOX_LOST, Greeting, decode_job, encode_report
from evaluators.identity import problem_digest
from evaluators.sandbox import ladder, sealing
from evaluators.sandbox.launcher import Rules, SandboxError


def private_streams() -> tuple[TextIO, TextIO]:
    """Standard input and output for the engine alone; problem code that prints gets stderr."""
    inbox = os.fdopen(os.dup(0), encoding="utf-8")
    outbox = os.fdopen(os.dup(1), "w", encoding="utf-8")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return inbox, outbox


def start(greeting: Greeting) -> tuple[Evaluator, dict[str, Any]]:
    """The evaluator, and what the engine is told of it. Raises UsageError."""
    sealing.die_with_parent(greeting.engine_pid)
    sealing.prctl(sealing.PR_SET_DUMPABLE, 0)
    if greeting.is_pinned:
        os.sched_setaffinity(0, {own_cpu()})
    problem = greeting.spec.load()
    if greeting.is_checked and problem_digest(problem) != greeting.problem_digest:
        raise UsageError(f"{problem.name} is another problem here", "compare its data and versions")
    if greeting.deadlines is not None:
        problem.deadlines = greeting.deadlines
    layers = ladder.choose_layers(greeting.unsafe_no_sandbox, greeting.without)
    zygote, sandbox = ladder.start(Rules.of(problem), layers)
    device = problem.prepare()  # after the zygote has started: it inherits nothing of a device
    player = Player(problem, zygote, greeting.problem_digest)
    ready = {"sandbox": asdict(sandbox), "zygote_pids": zygote.pids}
    return Evaluator(problem, player, sandbox, device or cpu_model()), ready


def main() -> None:
    """Greet, then serve jobs until the engine closes the stream."""
    inbox, outbox = private_streams()

    def say(line: str) -> None:
        outbox.write(line + "\n")
        outbox.flush()

    try:
        evaluator, ready = start(Greeting.decode(inbox.readline()))
    except UsageError as error:
        say(json.dumps({"message": error.message, "hint": error.hint}))
        sys.exit(2)
    say(json.dumps(ready))
    try:
        for line in inbox:
            say(encode_report(evaluator.report(decode_job(line))))
    except SandboxError:
        traceback.print_exc()
        sys.exit(SANDBOX_LOST)


if __name__ == "__main__":
    main()
