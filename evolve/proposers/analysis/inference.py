"""Which kind every expression of a policy has, and which names stand at every statement.

One walk through the program as it would run: the entry with the signature's fields, then every
function of the module when it is first called. Names are followed through assignments; a name
counts as defined at a statement only when it is assigned on every way there.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluators.signature import Signature
from evolve.proposers.analysis.expressions import ExpressionWalk
from evolve.proposers.analysis.kinds import Environment, Kind, broadcast, field_kinds, join, number

Function = ast.FunctionDef


@dataclass(frozen=True)
class Inference:
    """What is known about a program."""

    kinds: Mapping[ast.expr, Kind | None]
    before: Mapping[ast.stmt, Environment]
    """The names that are surely defined when the statement starts."""


def infer(tree: ast.Module, signature: Signature) -> Inference:
    """The kinds and names of a program with this signature."""
    walk = _Walk(tree, signature)
    walk.run()
    return Inference(walk.kinds, walk.before)


@dataclass
class _Answer:
    """What the function that is being walked returns."""

    kind: Kind | None = None
    is_known: bool = False

    def add(self, kind: Kind | None) -> None:
        self.kind = join(self.kind, kind) if self.is_known else kind
        self.is_known = True


class _Walk(ExpressionWalk):
    def __init__(self, tree: ast.Module, signature: Signature) -> None:
        super().__init__()
        self.before: dict[ast.stmt, Environment] = {}
        self._tree = tree
        self._entry = signature.entry
        self._fields = dict(kind for f in signature.inputs() for kind in field_kinds(f))
        self._functions = {f.name: f for f in tree.body if isinstance(f, Function)}
        self._methods: dict[str, Function] = {}
        self._self: Environment = {}  # the attributes that the constructor sets, as "self.x"
        self._module: Environment = {}
        self._answers: dict[tuple[object, ...], Kind | None] = {}
        self._walked: set[Function] = set()
        self._answer = _Answer()

    def run(self) -> None:
        """Walk module, entry, classes, and what nobody called."""
        self._block(self._tree.body, self._module)
        if self._entry in self._functions:
            self._enter(self._functions[self._entry], [], {})
        for owner in [s for s in self._tree.body if isinstance(s, ast.ClassDef)]:
            self._class(owner)
        for function in self._functions.values():
            if function not in self._walked:
                self._enter(function, [], {})

    def _class(self, owner: ast.ClassDef) -> None:
        self._methods = {f.name: f for f in owner.body if isinstance(f, Function)}
        self._self = {}
        order = sorted(self._methods, key=lambda n: (n != "__init__", n != self._entry))
        for name in order:
            if self._methods[name] not in self._walked:
                self._enter(self._methods[name], [], {}, is_method=True)

    # functions

    def call_policy(
        self, call: ast.Call, positional: Sequence[Kind | None], by_name: Mapping[str, Kind | None]
    ) -> Kind | None:
        match call.func:
            case ast.Name(id=name) if name in self._functions:
                return self._enter(self._functions[name], positional, by_name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if name in self._methods:
                return self._enter(self._methods[name], positional, by_name, is_method=True)
            case _:
                return None

    def _enter(
        self,
        function: Function,
        positional: Sequence[Kind | None],
        by_name: Mapping[str, Kind | None],
        is_method: bool = False,
    ) -> Kind | None:
        """The kind of the answer. What is found inside is kept of the first call only."""
        call = (function, *positional, *by_name.items())
        if call in self._answers:
            return self._answers[call]
        self._answers[call] = None  # a recursive call is unknown
        names = self._parameters(function, positional, by_name, is_method)
        outer = self.kinds, self.before, self._answer
        if function in self._walked:
            self.kinds, self.before = {}, {}
        self._answer = answer = _Answer()
        self._walked.add(function)
        self._block(function.body, names)
        self.kinds, self.before, self._answer = outer
        if is_method and function.name == "__init__":
            self._self = {k: v for k, v in names.items() if k.startswith("self.")}
        self._answers[call] = answer.kind
        return answer.kind

    def _parameters(
        self,
        function: Function,
        positional: Sequence[Kind | None],
        by_name: Mapping[str, Kind | None],
        is_method: bool,
    ) -> Environment:
        """The names at the start: of what kind the caller says, or the field of that name is."""
        arguments = function.args
        parameters = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        names: Environment = dict(self._module)
        if is_method and parameters:
            names |= {parameters.pop(0): None, **self._self}
        told = {**dict(zip(parameters, positional, strict=False)), **by_name}
        for name in (*parameters, *(a.arg for a in arguments.kwonlyargs)):
            names[name] = told.get(name) or self._fields.get(name)
            names |= {k: v for k, v in self._fields.items() if k.startswith(f"{name}.")}
        extra = [a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None]
        return names | dict.fromkeys(extra)

    # statements

    def _block(self, body: Sequence[ast.stmt], names: Environment) -> bool:
        """Walk the statements, changing `names`; whether the block always leaves early."""
        for statement in body:
            self.before[statement] = dict(names)
            visit = getattr(self, f"_on_{type(statement).__name__.lower()}", self._on_other)
            if visit(statement, names):
                return True
        return False

    def _on_assign(self, node: ast.Assign, names: Environment) -> bool:
        kind = self.kind(node.value, names)
        for target in node.targets:
            self.bind(target, kind, names)
        return False

    def _on_annassign(self, node: ast.AnnAssign, names: Environment) -> bool:
        if node.value is not None:
            self.bind(node.target, self.kind(node.value, names), names)
        return False

    def _on_augassign(self, node: ast.AugAssign, names: Environment) -> bool:
        both = broadcast(*(number(self.kind(x, names)) for x in (node.target, node.value)))
        if isinstance(node.target, ast.Name):
            self.bind(node.target, both, names)
        return False

    def _on_return(self, node: ast.Return, names: Environment) -> bool:
        self._answer.add(self.kind(node.value, names) if node.value else None)
        return True

    def _on_raise(self, node: ast.Raise, names: Environment) -> bool:
        self._on_other(node, names)
        return True

    def _on_leaving(self, node: ast.Break | ast.Continue, names: Environment) -> bool:
        return True

    _on_break = _on_continue = _on_leaving

    def _on_if(self, node: ast.If, names: Environment) -> bool:
        self.kind(node.test, names)
        yes, no = dict(names), dict(names)
        leaves_yes = self._block(node.body, yes)
        leaves_no = self._block(node.orelse, no)
        merged = no if leaves_yes else yes if leaves_no else _both(yes, no)
        names.clear()
        names.update(merged)
        return leaves_yes and leaves_no

    def _on_for(self, node: ast.For, names: Environment) -> bool:
        inside = dict(names)
        self.bind(node.target, self.element(node.iter, names), inside)
        return self._loop(node, names, inside)

    def _on_while(self, node: ast.While, names: Environment) -> bool:
        self.kind(node.test, names)
        return self._loop(node, names, dict(names))

    def _loop(self, node: ast.For | ast.While, names: Environment, inside: Environment) -> bool:
        """A body may run never: afterwards only the names before it stand."""
        self._block(node.body, inside)
        self._block(node.orelse, dict(names))
        for name in names:
            names[name] = join(names[name], inside.get(name, names[name]))
        return False

    def _on_with(self, node: ast.With, names: Environment) -> bool:
        for item in node.items:
            self.kind(item.context_expr, names)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, None, names)
        return self._block(node.body, names)

    def _on_try(self, node: ast.Try, names: Environment) -> bool:
        handlers = [h.body for h in node.handlers]
        for body in (node.body, *handlers, node.orelse, node.finalbody):
            self._block(body, dict(names))
        return False

    def _on_definition(self, node: ast.FunctionDef | ast.ClassDef, names: Environment) -> bool:
        names[node.name] = None
        return False

    _on_functiondef = _on_classdef = _on_definition

    def _on_import(self, node: ast.Import | ast.ImportFrom, names: Environment) -> bool:
        names |= {(a.asname or a.name).split(".")[0]: None for a in node.names}
        return False

    _on_importfrom = _on_import

    def _on_other(self, node: ast.stmt, names: Environment) -> bool:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.kind(child, names)
        return False


def _both(a: Environment, b: Environment) -> Environment:
    return {name: join(a[name], b[name]) for name in a if name in b}
