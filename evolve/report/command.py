"""The command that makes a run again, or others like it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from evaluators.contract import Split
from evaluators.registry import ProblemSpec
from evolve.runs import Run
from evolve.settings import ModelSettings, Settings

_KEYS = ("selection", "stagnation", "racing", "arm")  # of --set, each with a default
# where a key is kept is the reader's own affair, and names have a flag
_MODEL_KEYS = [
    f.name for f in fields(ModelSettings) if f.name not in ("names", "key_variable", "key_file")
]


def command_of(run: Run, verb: str = "run") -> str:
    """The words to type; workers, names and places left out, which change nothing."""
    seeds = run.seed_numbers
    given = seeds[len(seeds) - len(run.settings.seed_policies) :]
    return command_for(run.settings, [f"{run.name}/{number}" for number in given], verb)


def command_for(settings: Settings, given: Sequence[str], verb: str) -> str:
    """As `command_of`, of a run whose own seed policies are entries of those ids."""
    words = ["adrs", verb, *problem_words(settings.problem), "--seed", str(settings.seed)]
    words += ["--evaluations", str(settings.evaluations)]
    words += _words(_of_search(settings, given))
    words += ["--exact"] if settings.exact else []
    words += ["--set", f"lookahead={settings.lookahead}"]
    words += _sets("", settings, _KEYS)
    words += _sets("model.", settings.model, _MODEL_KEYS)
    return shlex.join(words)


def doctor_command(problem: ProblemSpec, split: Split = "selection") -> str:
    """The words to type to have a problem's noise floors measured on a split."""
    words = ["adrs", "doctor", *problem_words(problem)]
    return shlex.join([*words, *([] if split == "selection" else ["--split", split])])


def problem_words(spec: ProblemSpec) -> list[str]:
    """What names the problem in a command."""
    parameters = [("--param", f"{key}={value}") for key, value in spec.parameters.items()]
    places = [("--workload", spec.workload_file), ("--device", spec.device)]
    return [spec.name, *_words([*parameters, *places])]


def _of_search(settings: Settings, given: Sequence[str]) -> Iterator[tuple[str, Any]]:
    yield "--seconds", settings.seconds
    yield "--objectives", ",".join(settings.objectives)
    yield from (("--require", constraint) for constraint in settings.require)
    yield from (("--from", entry) for entry in given)
    yield from (("--model", name) for name in settings.model.names)
    yield "--usd", settings.usd
    yield "--tokens", settings.tokens
    yield "--ask-tell", settings.ask_tell
    yield from (("--hint", hint) for hint in settings.hints if settings.asks)


def _words(flags: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """The words of those flags that have a value."""
    return (word for flag, value in flags if value for word in (flag, str(value)))


def _sets(prefix: str, kept: Settings | ModelSettings, keys: Iterable[str]) -> Iterator[str]:
    """`--set` for every key that is not as it would be without."""
    usual = {f.name: f.default for f in fields(kept)}
    for key in keys:
        if (value := getattr(kept, key)) != usual[key]:
            yield from ("--set", f"{prefix}{key}={_text(value)}")


def _text(value: Any) -> str:
    """As the configuration reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
