"""The command that makes a run again, or others like it."""

from __future__ import annotations

import shlex

from evolve.runs import Run

_PARTS = {"arm": "full", "selection": "uniform", "stagnation": 0, "racing": False}


def command_of(run: Run, verb: str = "run") -> str:
    """The words to type; workers, names and places left out, which change nothing."""
    settings = run.settings
    spec = settings.problem
    words = ["adrs", verb, spec.name, "--seed", str(settings.seed)]
    words += ["--evaluations", str(settings.evaluations)]
    words += [w for k, v in spec.parameters.items() for w in ("--param", f"{k}={v}")]
    words += ["--workload", spec.workload_file] if spec.workload_file else []
    words += ["--objectives", ",".join(settings.objectives)] if settings.objectives else []
    words += [w for r in settings.require for w in ("--require", r)]
    words += [w for m in settings.model.names for w in ("--model", m)]
    words += ["--usd", settings.usd] if settings.usd else []
    words += ["--tokens", str(settings.tokens)] if settings.tokens else []
    words += ["--exact"] if settings.exact else []
    words += ["--set", f"lookahead={settings.lookahead}"]
    for key, default in _PARTS.items():
        value = getattr(settings, key)
        words += ["--set", f"{key}={str(value).lower()}"] if value != default else []
    return shlex.join(words)
