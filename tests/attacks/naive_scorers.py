"""Scorers that make the mistakes of published evaluators, in the policy's own process.

Each plays one workload and returns the exact objectives and a trace of what it took the answers to
be. A forgery that none of them believes would prove nothing against an evaluator that refuses it.
"""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np

from evaluators.checking import check_action
from evaluators.contract import Policy, Score
from evaluators.errors import InvalidAction
from evaluators.execution.executor import Report, Sandbox
from evaluators.playing import as_seen, drive, named, trusted_policy
from evaluators.redteam.liar import literal
from evaluators.signature import Array, Category, Permutation, Scalar
from evaluators.testing.probing import binder

NO_SANDBOX = Sandbox("none", "", "naive")
NAIVELY_CAUGHT = (
    ArithmeticError,
    AttributeError,
    InvalidAction,
    LookupError,
    TypeError,
    ValueError,
)


def naive_report(problem, source, scorer):
    """A report over the tiny workloads: those that fail are left out, what is printed is read."""
    start_s = time.process_time()
    values = {o.name: {} for o in problem.objectives}
    traces = {}
    printed = io.StringIO()
    for workload in problem.workloads("tiny"):
        try:
            with redirect_stdout(printed):
                measured, trace = scorer(problem, workload, asker(problem, workload, source))
        except NAIVELY_CAUGHT:
            continue
        traces[workload.id] = literal(trace)
        for name, value in measured.items():
            values[name][workload.id] = value
    for name, _, value in (line.partition(": ") for line in printed.getvalue().splitlines()):
        if name in values:
            values[name] = dict.fromkeys(values[name], float(value))
    return Report(Score(values), NO_SANDBOX, traces, cpu_s=time.process_time() - start_s)


def asker(problem, workload, source):
    """The policy of one episode: from observation to answer by name, unchecked."""
    given = {**problem.given(workload), "seed": 0}
    decide = trusted_policy(problem, Policy("liar", source), given)
    fields = problem.signature.observation
    return lambda observation: named(problem.signature, decide(as_seen(fields, observation)))


def sharing(problem, workload, ask):
    """Hands out the very arrays that it scores with."""
    symbols_of = binder(problem, workload)

    def answer(observation):
        return check_action(problem.signature, ask(observation), symbols_of(observation))

    measured, actions = drive(problem, workload, answer)
    return measured.values, actions


def repairing(problem, workload, ask):
    """Puts a default in the place of what it cannot read; believes results that are reported."""
    symbols_of, believed, received = binder(problem, workload), {}, []

    def answer(observation):
        told = ask(observation)
        received.append(dict(told))
        believed.update({o.name: told[o.name] for o in problem.objectives if o.name in told})
        return repaired(problem, told, symbols_of(observation))

    measured, _ = drive(problem, workload, answer)
    return {**measured.values, **believed}, received


def rereading(problem, workload, ask):
    """Checks what it is told by its own comparisons, and then reads it again."""
    symbols_of, used = binder(problem, workload), []

    def answer(observation):
        told, symbols = ask(observation), symbols_of(observation)
        for f in problem.signature.action:
            if not agrees(f, told[f.name], symbols):
                raise InvalidAction(f"{f.name} is out of range")
        used.append({f.name: told[f.name] for f in problem.signature.action})
        return repaired(problem, used[-1], symbols)

    measured, _ = drive(problem, workload, answer)
    return measured.values, used


def agrees(f, value, symbols):
    match f:
        case Scalar(dtype="bool") | Category():
            return True
        case Scalar():
            return (f.low is None or value >= f.low) and (f.high is None or value <= f.high)
        case _:
            low, high = limits(f, symbols)
            return not len(value) or (value.min() >= low and value.max() <= high)


def limits(f, symbols):
    of = f.of if isinstance(f, Permutation) else f.index_of
    return 0, symbols[of] - 1


def repaired(problem, told, symbols):
    """The action with every field that cannot be read replaced."""
    action = {}
    for f in problem.signature.action:
        alone = replace(problem.signature, action=(f,))
        try:
            action |= check_action(alone, {f.name: told[f.name]}, symbols)
        except (InvalidAction, KeyError):
            action[f.name] = default(f, symbols)
    return action


def default(f, symbols):
    match f:
        case Scalar():
            return {"bool": bool, "int64": int, "float64": float}[f.dtype](f.low or 0)
        case Category():
            return f.values[0]
        case Permutation():
            return np.arange(symbols[f.of])
        case Array():
            shape = [symbols[d] for d in f.shape]
            return (np.arange(np.prod(shape)) % symbols[f.index_of]).reshape(shape)


NAIVE = (repairing, rereading, sharing)
