"""Operators that make a part of a policy conditional."""

from __future__ import annotations

import ast

import numpy as np

from evaluators.parsing import parsed_expression, parsed_module
from evolve.proposers.analysis.kinds import Environment, Number
from evolve.proposers.module import is_docstring
from evolve.proposers.operators.operator import Subject, completed, quantities
from evolve.proposers.operators.statement import bound_names
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import Term, coefficient, condition, draw, pick, terms


def wrap_condition(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A value, a statement or an early answer under a condition."""
    wrap = pick(random, (_wrap_value, _wrap_value, _wrap_statement, _answer_early))
    return wrap(subject.program, random)


def _wrap_value(program: Program, random: np.random.Generator) -> ast.Module | None:
    found = program.once(_wrappable)
    if not found:
        return None
    node, kind = pick(random, found)
    when = condition(program, node, kind.dims if random.random() < 0.7 else (), random)
    other = _alternative(program, node, kind, random)
    if when is None or other is None:
        return None
    x = ast.unparse(node)
    if when.kind.is_scalar:
        text = f"({x}) if {when.text} else ({other.text})"
    else:
        text = f"np.where({when.text}, {x}, {other.text})"
    return completed(program, program.replaced(node, text), when, other)


def _wrappable(program: Program) -> list[tuple[ast.expr, Number]]:
    """Quantities on which no method is called."""
    all_of_them = program.once(quantities)
    return [(n, k) for n, k in all_of_them if not isinstance(program.parent(n), ast.Attribute)]


def _skippable(program: Program) -> list[ast.stmt]:
    return [s for s in program.statements if _may_be_skipped(s, program.before(s))]


def _alternative(
    program: Program, node: ast.expr, kind: Number, random: np.random.Generator
) -> Term | None:
    """Another value of the kind: one in scope, or the same one scaled."""
    x = f"({ast.unparse(node)})"
    if kind.dtype == "float" and random.random() < 0.5:
        return Term(f"{coefficient(random)} * {x}", kind)
    if kind.dtype == "int" and kind.is_scalar and not (kind.index_of or kind.size_of):
        return Term(f"int({coefficient(random)} * {x})", kind)
    same = [t for t in terms(program, node, kind.dims) if _may_stand_for(t.kind, kind)]
    return draw(random, same) if same else None


def _may_stand_for(one: Number, other: Number) -> bool:
    return one.dtype == other.dtype and one.index_of == other.index_of


def _wrap_statement(program: Program, random: np.random.Generator) -> ast.Module | None:
    found = program.once(_skippable)
    if not found:
        return None
    statement = pick(random, found)
    when = condition(program, statement, (), random)
    if when is None:
        return None
    guarded = ast.If(parsed_expression(when.text), [statement], [])
    return completed(program, program.rewritten(statement, [guarded]), when)


def _may_be_skipped(statement: ast.stmt, before: Environment) -> bool:
    """Whether every name that it binds stands before it."""
    match statement:
        case ast.Assign() | ast.AugAssign() | ast.For() | ast.While():
            return all(name in before for name in bound_names(statement))
        case ast.Expr():
            return not is_docstring(statement)
        case _:
            return False


def _answer_early(program: Program, random: np.random.Generator) -> ast.Module | None:
    """`if condition: return answer` where something in scope has the form of an answer."""
    wanted = program.answer
    found = [s for s in program.entry.body if program.before(s) and not is_docstring(s)]
    if wanted is None or not found:
        return None
    statement = pick(random, found)
    when = condition(program, statement, (), random)
    answers = [t for t in terms(program, statement, wanted.dims) if _may_stand_for(t.kind, wanted)]
    if when is None or not answers:
        return None
    answer = draw(random, answers)
    test = f"{when.text} and np.min({answer.text}) >= 0" if wanted.index_of else when.text
    early = parsed_module(f"if {test}:\n    return {answer.text}").body[0]
    return completed(program, program.rewritten(statement, [early, statement]), when, answer)
