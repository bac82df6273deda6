"""An operator for signatures whose action has several fields: one of them is decided anew."""

from __future__ import annotations

import ast
import builtins
import math

import numpy as np

from evaluators.parsing import parsed_expression
from evaluators.signature import Category, Field, Permutation, Scalar
from evolve.proposers.analysis.kinds import Number
from evolve.proposers.operators.operator import Subject, completed
from evolve.proposers.operators.transplant import definitions
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import Term, coefficient, condition, draw, pick, terms

LARGEST = 4096.0  # of a number without a declared maximum
ORDER = "np.argsort({sign}({t}), kind='stable')"
LIMITED = "int(min(max({c} * {t}, {low}), {high}))"


def set_action(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A field of the answer given or replaced: by a constant, or by something in scope."""
    program = subject.program
    fields = program.signature.action
    answers = program.once(_answers)
    if len(fields) < 2 or not answers:
        return None
    node, field = pick(random, answers), pick(random, fields)
    value = _value(program, node, field, random)
    if value is None:
        return None
    new = _with_field(node, field.name, parsed_expression(value.text))
    return completed(program, program.replaced(node, ast.unparse(new)), value)


def _answers(program: Program) -> list[ast.expr]:
    return [n for n in program.expressions if _is_answer(program, n)]


def _is_answer(program: Program, node: ast.expr) -> bool:
    """A mapping from field names, or a call of the prelude with fields as keywords."""
    fields = {f.name for f in program.signature.action}
    match node:
        case ast.Dict(keys=keys):
            return any(isinstance(k, ast.Constant) and k.value in fields for k in keys)
        case ast.Call(func=ast.Name(id=name), keywords=keywords):
            if any(k.arg in fields for k in keywords):
                return True
            own = name in definitions(program) or hasattr(builtins, name)
            return not own and isinstance(program.parent(node), ast.Return)
        case _:
            return False


def _with_field(node: ast.expr, name: str, value: ast.expr) -> ast.expr:
    if isinstance(node, ast.Call):
        others = [k for k in node.keywords if k.arg != name]
        return ast.Call(node.func, node.args, [*others, ast.keyword(name, value)])
    assert isinstance(node, ast.Dict)
    pairs = [
        (k, v)
        for k, v in zip(node.keys, node.values, strict=True)
        if not (isinstance(k, ast.Constant) and k.value == name)
    ]
    return ast.Dict([*(k for k, _ in pairs), ast.Constant(name)], [*(v for _, v in pairs), value])


def _value(
    program: Program, node: ast.expr, field: Field, random: np.random.Generator
) -> Term | None:
    """A value of the field's kind, None for kinds that are not made up out of nothing."""
    match field:
        case Scalar(dtype="bool"):
            made = condition(program, node, (), random) if random.random() < 0.6 else None
            return made or _constant(pick(random, ("True", "False")))
        case Scalar(dtype="int64"):
            return _integer(program, node, field, random)
        case Scalar():
            low, high = field.low or 0.0, LARGEST if field.high is None else field.high
            return _constant(repr(min(max(float(coefficient(random, 2.0)), low), high)))
        case Category():
            return _constant(repr(pick(random, field.values)))
        case Permutation():
            keys = terms(program, node, (str(field.of),))
            key = draw(random, keys) if keys else None
            sign = pick(random, ("", "-1.0 * "))
            text = ORDER.format(sign=sign, t=key.text) if key else ""
            return Term(text, key.kind, key.parameters) if key else None
        case _:
            return None


def _integer(
    program: Program, node: ast.expr, field: Scalar, random: np.random.Generator
) -> Term | None:
    """A constant between the declared ends, small ones as likely as large; or a limited term."""
    low, high = int(field.low or 0), int(min(field.high or LARGEST, LARGEST))
    found = terms(program, node, ())
    if found and random.random() < 0.5:
        term = draw(random, found)
        text = LIMITED.format(c=coefficient(random, 1.5), t=term.text, low=low, high=high)
        return Term(text, term.kind, term.parameters)
    x = random.uniform(math.log(max(low, 0.5)), math.log(high))
    return _constant(str(max(low, round(math.exp(x)))))


def _constant(text: str) -> Term:
    return Term(text, Number("float"))
