"""The kind of every expression, given the kinds of the names in scope."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from evolve.proposers.analysis.calls import builtin_kind, method_kind, numpy_kind
from evolve.proposers.analysis.indexing import indexed, member
from evolve.proposers.analysis.kinds import (
    Choice,
    Environment,
    Kind,
    Members,
    Number,
    broadcast,
    join,
    number,
)

_LITERALS: dict[type, Number] = {bool: Number("bool"), int: Number("int"), float: Number("float")}


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text, None when the expression is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


class ExpressionWalk(ABC):
    """Visits expressions in the order of their evaluation and notes what each one is."""

    def __init__(self) -> None:
        self.kinds: dict[ast.expr, Kind | None] = {}

    @abstractmethod
    def call_policy(
        self, call: ast.Call, positional: Sequence[Kind | None], by_name: Mapping[str, Kind | None]
    ) -> Kind | None:
        """The answer of one of the policy's own functions, None when it is no such call."""

    def kind(self, node: ast.expr, names: Environment) -> Kind | None:
        """The kind of the expression; noted, like those of all its parts."""
        visit = getattr(self, f"_{type(node).__name__.lower()}", self._other)
        self.kinds[node] = found = visit(node, names)
        return found

    def bind(self, target: ast.expr, kind: Kind | None, names: Environment) -> None:
        """Note in `names` what an assignment to the target makes of it."""
        match target:
            case ast.Tuple() | ast.List():
                known = isinstance(kind, Members) and len(kind.kinds) == len(target.elts)
                kinds = kind.kinds if isinstance(kind, Members) and known else None
                for i, element in enumerate(target.elts):
                    self.bind(element, kinds[i] if kinds else None, names)
            case ast.Starred():
                self.bind(target.value, None, names)
            case ast.Name() | ast.Attribute():
                name = dotted(target)
                if name is not None:
                    names[name] = kind
            case _:
                self.kind(target, names)

    def element(self, node: ast.expr, names: Environment) -> Kind | None:
        """The kind of what iterating over the expression gives."""
        kind = number(self.kind(node, names))
        if kind is not None and kind.dims:
            return Number(kind.dtype, kind.dims[1:], kind.index_of)
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            return None
        kinds = [number(self.kinds[a]) for a in node.args]
        match node.func.id:
            case "range":
                return Number("int", (), kinds[-1].size_of if kinds[-1] else None)
            case "enumerate":
                index = Number("int", (), kinds[0].dims[0]) if kinds[0] and kinds[0].dims else None
                return Members((index, self.element(node.args[0], names)))
            case "zip":
                return Members(tuple(self.element(a, names) for a in node.args))
            case "reversed" | "sorted":
                return self.element(node.args[0], names)
            case _:
                return None

    def _all(self, nodes: Sequence[ast.expr], names: Environment) -> list[Kind | None]:
        return [self.kind(n, names) for n in nodes]

    def _constant(self, node: ast.Constant, _: Environment) -> Kind | None:
        return _LITERALS.get(type(node.value))

    def _name(self, node: ast.Name, names: Environment) -> Kind | None:
        return names.get(node.id)

    def _attribute(self, node: ast.Attribute, names: Environment) -> Kind | None:
        name = dotted(node)
        if name in names:
            return names[name]
        array = number(self.kind(node.value, names))
        if array is None:
            return None
        match node.attr:
            case "shape":
                return Members(tuple(Number("int", (), None, d) for d in array.dims))
            case "size":
                return Number("int", (), None, array.dims[0] if len(array.dims) == 1 else None)
            case "T":
                return Number(array.dtype, array.dims[::-1], array.index_of)
            case _:
                return None

    def _binop(self, node: ast.BinOp, names: Environment) -> Kind | None:
        both = broadcast(*(number(k) for k in self._all([node.left, node.right], names)))
        if both is None or isinstance(node.op, ast.MatMult):
            return None
        if isinstance(node.op, ast.Div):
            return Number("float", both.dims)
        if both.dtype == "bool" and not isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor)):
            return Number("int", both.dims)
        return both

    def _unaryop(self, node: ast.UnaryOp, names: Environment) -> Kind | None:
        kind = number(self.kind(node.operand, names))
        if isinstance(node.op, ast.Not):
            return Number("bool")
        return Number(kind.dtype, kind.dims) if kind else None

    def _boolop(self, node: ast.BoolOp, names: Environment) -> Kind | None:
        kinds = self._all(node.values, names)
        return kinds[0] if all(k == kinds[0] for k in kinds) else None

    def _compare(self, node: ast.Compare, names: Environment) -> Kind | None:
        kinds = self._all([node.left, *node.comparators], names)
        of_identity = isinstance(node.ops[0], (ast.Is, ast.IsNot, ast.In, ast.NotIn))
        if of_identity or isinstance(kinds[0], Choice):
            return Number("bool")
        both = broadcast(number(kinds[0]), number(kinds[1]))
        return Number("bool", both.dims) if both else None

    def _ifexp(self, node: ast.IfExp, names: Environment) -> Kind | None:
        self.kind(node.test, names)
        return join(self.kind(node.body, names), self.kind(node.orelse, names))

    def _tuple(self, node: ast.Tuple, names: Environment) -> Kind | None:
        return Members(tuple(self._all(node.elts, names)))

    def _call(self, node: ast.Call, names: Environment) -> Kind | None:
        positional = self._all(node.args, names)
        by_name = {k.arg: self.kind(k.value, names) for k in node.keywords}
        own = self.call_policy(node, positional, {k: v for k, v in by_name.items() if k})
        if own is not None:
            return own
        match node.func:
            case ast.Name(id=name):
                return builtin_kind(name, positional)
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
                return numpy_kind(name, node, positional)
            case ast.Attribute(value=value, attr=name):
                array = number(self.kind(value, names))
                return method_kind(name, node, array, positional) if array else None
            case _:
                return self._other(node.func, names)

    def _subscript(self, node: ast.Subscript, names: Environment) -> Kind | None:
        value = self.kind(node.value, names)
        index = self.kind(node.slice, names)
        if isinstance(value, Members):
            return member(value, node.slice)
        return indexed(value, node.slice, index) if isinstance(value, Number) else None

    def _namedexpr(self, node: ast.NamedExpr, names: Environment) -> Kind | None:
        kind = self.kind(node.value, names)
        self.bind(node.target, kind, names)
        return kind

    def _lambda(self, node: ast.Lambda, names: Environment) -> Kind | None:
        self.kind(node.body, {**names, **{a.arg: None for a in node.args.args}})
        return None

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, names: Environment
    ) -> Kind | None:
        inside = dict(names)
        for generator in node.generators:
            self.bind(generator.target, self.element(generator.iter, inside), inside)
            self._all(generator.ifs, inside)
        self.kind(node.elt, inside)
        return None

    _listcomp = _setcomp = _generatorexp = _comprehension

    def _other(self, node: ast.expr, names: Environment) -> Kind | None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.kind(child, names)
        return None
