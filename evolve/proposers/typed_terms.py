"""Terms and conditions that fit a place in a policy: made of what is in scope there.

In scope are the names that are surely defined, and the signature's fields that the entry does not
take yet. A term for an array place has the place's dimensions, be it by itself or by a reduction;
thresholds are relative to another quantity of the same kind wherever there is one, so that no
term depends on a unit.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from evolve.proposers.analysis.kinds import Choice, Kind, Number, field_kinds
from evolve.proposers.syntax import Program

T = TypeVar("T")
LEADING = (
    "{x}.mean(axis=0)",
    "{x}.max(axis=0)",
    "{x}.min(axis=0)",
    "{x}.std(axis=0)",
    "{x}[-1]",
    "({x}[-1] - {x}[0])",
)
TOTALS = (  # none of these fails on an empty array
    "np.sum({x})",
    "(np.sum({x}) / max(np.size({x}), 1))",
    "len({x})",
)
TRAILING = ("{x}.mean(axis=-1)", "{x}.max(axis=-1)", "{x}.sum(axis=-1)")
CHOICE_SHARE = 0.3  # of the conditions where a text field is in scope


@dataclass(frozen=True, slots=True)
class Term:
    """Source text; `parameters` are the fields that the entry must take for it."""

    text: str
    kind: Number
    parameters: tuple[str, ...] = ()
    name: str = ""  # what it is made of


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    kind: Kind
    parameters: tuple[str, ...] = ()

    def term(self, form: str, kind: Number, more: tuple[str, ...] = ()) -> Term:
        """The term of a form that has `{x}` for the name; `more` parameters may be needed."""
        parameters = tuple(dict.fromkeys((*self.parameters, *more)))
        return Term(form.format(x=self.text), kind, parameters, self.text)


def pick(random: np.random.Generator, choices: Sequence[T]) -> T:
    """One of them, all equally likely."""
    return choices[int(random.integers(len(choices)))]


def draw(random: np.random.Generator, choices: Sequence[Term]) -> Term:
    """One of the terms: every name is equally likely, however many forms it comes in."""
    name = pick(random, list(dict.fromkeys(t.name for t in choices)))
    return pick(random, [t for t in choices if t.name == name])


def coefficient(random: np.random.Generator, spread: float = 1.0) -> str:
    """A positive number around 1, log-normal, as text of two digits."""
    return f"{math.exp(spread * float(random.standard_normal())):.2g}"


def terms(program: Program, node: ast.expr | ast.stmt, dims: tuple[str, ...]) -> list[Term]:
    """All terms with these dimensions at the place of `node`, in a fixed order."""
    own = ast.unparse(node) if isinstance(node, ast.expr) else ""
    names = _names(program, node)
    indices = [n for n in names if isinstance(n.kind, Number) and n.kind.index_of is not None]
    found = [
        term
        for name in names
        if isinstance(name.kind, Number)
        for term in _fitted(name, name.kind, dims, indices)
    ]
    return [t for t in found if t.text != own]


def condition(
    program: Program, node: ast.expr | ast.stmt, dims: tuple[str, ...], random: np.random.Generator
) -> Term | None:
    """A random condition: one truth value for a scalar place, else an array of the dimensions."""
    candidates = terms(program, node, dims)
    named = [n for n in _names(program, node) if isinstance(n.kind, Choice)] if not dims else []
    if named and (not candidates or random.random() < CHOICE_SHARE):
        return _is_choice(pick(random, named), random)
    if not candidates:
        return None
    a = draw(random, candidates)
    if a.kind.dtype == "bool":
        return Term(
            pick(random, ("{x}", "np.logical_not({x})")).format(x=a.text), a.kind, a.parameters
        )
    b = _threshold(a, candidates, random)
    parameters = tuple(dict.fromkeys((*a.parameters, *b.parameters)))
    return Term(f"{a.text} {pick(random, ('<', '>'))} {b.text}", Number("bool", dims), parameters)


def _threshold(a: Term, candidates: Sequence[Term], random: np.random.Generator) -> Term:
    """What a term is compared with: its own mean, another term, or a number for want of those."""
    others = [t for t in candidates if t.kind.dtype != "bool" and t.text != a.text]
    if a.kind.dims and (not others or random.random() < 0.5):
        return Term(f"{coefficient(random)} * np.mean({a.text})", a.kind)
    if not others or (a.kind.dtype == "int" and random.random() < 0.3):
        return Term(coefficient(random, 3.0), a.kind)
    b = draw(random, others)
    return Term(f"{coefficient(random)} * {b.text}", b.kind, b.parameters)


def _is_choice(name: _Name, random: np.random.Generator) -> Term:
    assert isinstance(name.kind, Choice)
    comparison = f"{name.text} {pick(random, ('==', '!='))} {pick(random, name.kind.values)!r}"
    return Term(comparison, Number("bool"), name.parameters)


def _names(program: Program, node: ast.expr | ast.stmt) -> list[_Name]:
    """Every name of known kind at the place, then the fields that may still be taken."""
    known = [_Name(text, kind) for text, kind in program.before(node).items() if kind is not None]
    return known + [
        _Name(text, kind, (field.name,))
        for field in program.open_fields(node)
        for text, kind in field_kinds(field)
        if kind is not None
    ]


def _fitted(
    name: _Name, kind: Number, dims: tuple[str, ...], indices: Sequence[_Name]
) -> Iterator[Term]:
    """The ways to bring a name to the dimensions."""
    if kind.dims == dims:
        yield name.term("{x}", kind)
    elif kind.dims and kind.dims == dims[1:]:
        yield name.term("{x}", Number(kind.dtype, dims))
    elif not dims:
        yield from (name.term(form, Number("float")) for form in TOTALS)
    elif kind.dtype != "bool":
        forms = LEADING if kind.dims[1:] == dims else TRAILING if kind.dims[:-1] == dims else ()
        yield from (name.term(form, Number("float", dims)) for form in forms)
    for i in indices:
        if isinstance(i.kind, Number) and i.kind.dims == dims and kind.dims == (i.kind.index_of,):
            yield name.term(f"{{x}}[{i.text}]", Number(kind.dtype, dims), i.parameters)
