"""Attacks within the interpreter: patched libraries, the future, memory of what was before."""

from __future__ import annotations

from evaluators.execution.executor import Purpose
from evaluators.redteam.attack import (
    Aftermath,
    Attack,
    Payload,
    Probe,
    Target,
    confessed,
    scored_better,
)
from evaluators.redteam.wrapping import at_call, at_load, on_answer

BURNT_S = 0.05
PATCHED = """
saved = sys.__dict__.setdefault("redteam_saved", {{}})
for name, real in saved.items():
    setattr({module}, name, real)
answer = honest()
saved.update((name, getattr({module}, name)) for name in {names!r}.split())
for name in saved:
    setattr({module}, name, {fake})
return answer
"""
ZEROS = "lambda a, *rest, zeros=numpy.zeros, shape=numpy.shape, **named: zeros(shape(a))"
PATCH_NUMPY = PATCHED.format(module="numpy", names="abs diff sum mean bincount", fake=ZEROS)
PATCH_BUILTINS = PATCHED.format(
    module="modules['builtins']", names="float", fake="lambda *a: 0 * a[0] if a else 0.0"
)
FLAT_GENERATOR = """
class Flat:
    def __getattr__(self, name):
        return lambda *a, **named: numpy.zeros(a[-1] if a and type(a[-1]) is int else ())

numpy.random.default_rng = lambda *seed: Flat()
random.random = lambda: 0.0
"""
FREE_TIME = f"""
def used_s():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime

end_s = used_s() + {BURNT_S}
while used_s() < end_s:
    pass
for name in "time perf_counter process_time monotonic thread_time".split():
    setattr(time, name, lambda: 0.0)
"""
WALK_FRAMES = """
frame = sys._getframe()
while frame is not None:
    for name, value in list(frame.f_locals.items()):
        if type(value).__name__ == "Workload":
            return f"the workload is {name} in {frame.f_code.co_name}"
    frame = frame.f_back
"""
SEARCH_HEAP = """
for found in gc.get_objects():
    if type(found).__name__ == "Workload":
        return "a workload is in memory"
"""
SEARCH_EPISODES = """
for found in gc.get_objects():
    if type(found).__name__ == "generator" and found.gi_code.co_name == "episode":
        return f"an episode with {sorted(found.gi_frame.f_locals)}"
"""
IMPORT_EVALUATOR = "return load('evaluators.scoring')"
IMPORT_REGISTRY = """
registry = load("evaluators.registry", fromlist=["problem_names"])
return registry.problem_names()
"""
KEEP_IN_INTERPRETER = """
if hasattr(sys, "redteam_kept"):
    return "an earlier candidate left word"
sys.redteam_kept = True
"""
KEEP_IN_FILE = """
path = f"{outside.open_folder}/kept"
if os.path.exists(path):
    return "an earlier candidate left word"
open(path, "w").close()
"""
KEEP_IN_KERNEL = """
key, new = 0x5EC2E8, 0o3600
if libc.shmget(key, 64, new) < 0 and ctypes.get_errno() == 17:
    libc.shmctl(libc.shmget(key, 64, 0o600), 0, None)
    return "an earlier candidate left word"
"""
_TWO_FACED = '''
_modules = next(
    found.__init__.__globals__["sys"].modules
    for found in object.__subclasses__() if found.__name__ == "_wrap_close"
)
_faces = {faces!r}


def _ask(function, values):
    wanted = _modules["inspect"].signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in wanted):
        return function(**values)
    return function(**{{p.name: values[p.name] for p in wanted if p.name in values}})


def _decider(source, given):
    space = {{n: v for n, v in globals().items() if n != "TwoFaced"}}
    exec(source, space)
    if {entry!r} in space:
        return lambda seen: _ask(space[{entry!r}], {{**given, **seen}})
    face = next(v for v in space.values() if isinstance(v, type) and hasattr(v, {entry!r}))
    decide = getattr(_ask(face, given), {entry!r})
    return lambda seen: _ask(decide, seen)


class TwoFaced:
    """Honest in the first episode of its process, another policy in all that follow."""

    def __init__(self, **given):
        others = vars(_modules["sys"]).setdefault("redteam_episodes", [])
        self._decide = _decider(_faces[bool(others)], given)
        others.append(True)

    def {entry}(self, **seen):
        return self._decide(seen)
'''


def attacks() -> list[Attack]:
    """All of this file."""
    twice: tuple[Purpose, ...] = ("search", "search")
    return [
        _attack("patched numpy", on_answer(PATCH_NUMPY), scored_better),
        _attack("patched builtins", on_answer(PATCH_BUILTINS), scored_better),
        _attack("patched generators", at_call(FLAT_GENERATOR), scored_better),
        _attack("patched clocks", at_call(FREE_TIME), not_charged),
        _attack("future by frames", at_call(WALK_FRAMES), confessed),
        _attack("future by the heap", at_call(SEARCH_HEAP), confessed),
        _attack("future by episodes", at_call(SEARCH_EPISODES), confessed),
        _attack("import the evaluator", at_call(IMPORT_EVALUATOR), confessed),
        _attack("import the problems", at_call(IMPORT_REGISTRY), confessed),
        _attack("word for the next candidate", at_load(KEEP_IN_INTERPRETER), confessed, twice),
        _attack("word in a file", at_load(KEEP_IN_FILE), confessed, twice),
        _attack("word in the kernel", at_load(KEEP_IN_KERNEL), confessed, twice),
        _attack("memory between workloads", _two_faced, kept_unnoticed, ("search", "confirm")),
    ]


def not_charged(aftermath: Aftermath) -> str:
    """CPU time that a policy spent and the report does not know of."""
    cpu_s = min((r.cpu_s for r in aftermath.reports), default=BURNT_S)
    return f"of {BURNT_S} CPU seconds {cpu_s:.3f} were seen" if cpu_s < BURNT_S / 2 else ""


def kept_unnoticed(aftermath: Aftermath) -> str:
    """Decisions that depend on earlier episodes, and a confirming play that finds nothing."""
    if len(aftermath.reports) < 2:
        return ""
    searched, confirmed = aftermath.reports
    changed = {w for w, t in searched.traces.items() if t != aftermath.honest.traces.get(w)}
    unnoticed = changed & set(confirmed.traces)
    return f"state kept between workloads went unnoticed on {min(unnoticed)}" if unnoticed else ""


def _attack(
    name: str, payload: Payload, probe: Probe, purposes: tuple[Purpose, ...] = ("search",)
) -> Attack:
    return Attack(name, "interpreter", "channel", payload, probe, purposes=purposes)


def _two_faced(target: Target) -> str:
    baselines = target.problem.baselines().values()
    others = [p.source for p in baselines if p.source != target.honest.source]
    faces = (target.honest.source, *others[:1], target.honest.source)[:2]
    return _TWO_FACED.format(faces=faces, entry=target.problem.signature.entry)
