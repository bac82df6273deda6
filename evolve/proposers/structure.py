"""Which expressions say where or how large: changing one breaks more than it finds."""

from __future__ import annotations

import ast

_SHAPED = {  # positions of the arguments that are a shape
    **dict.fromkeys("range arange linspace transpose swapaxes".split(), slice(None)),
    **dict.fromkeys("zeros ones full empty".split(), slice(1)),
    **dict.fromkeys("repeat tile reshape".split(), slice(1, None)),
}
_REDUCING = frozenset("mean sum max min median std var argmax argmin any all argsort sort".split())
_SETTINGS = frozenset("axis dtype kind keepdims ddof minlength side order".split())
_TRANSPARENT = (ast.BinOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Slice)


def structural_children(node: ast.AST) -> list[ast.expr]:
    """Expressions under the node that say where or how large, not how much."""
    found: list[ast.expr | None] = []
    match node:
        case ast.Subscript():
            found = [node.slice]
        case ast.Call():
            name = called(node)
            if name in _SHAPED:
                found = list(node.args if _is_method(node) else node.args[_SHAPED[name]])
            elif name in _REDUCING:
                found = [a for a in node.args if isinstance(a, ast.Constant)]
            found += [k.value for k in node.keywords if k.arg in _SETTINGS]
        case ast.arg() | ast.AnnAssign():
            found = [node.annotation]
        case ast.FunctionDef():
            found = [*node.decorator_list, node.returns]
    return [e for f in found if f is not None for e in _within(f)]


def _is_method(node: ast.Call) -> bool:
    """Whether the function is called on a value, not taken from numpy."""
    match node.func:
        case ast.Attribute(value=ast.Name(id="np" | "numpy")):
            return False
        case _:
            return isinstance(node.func, ast.Attribute)


def _within(node: ast.expr) -> list[ast.expr]:
    """The expression and what it is computed from by plain arithmetic."""
    if not isinstance(node, _TRANSPARENT):
        return [node]
    inner = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
    return [node, *(e for c in inner for e in _within(c))]


def called(node: ast.Call) -> str:
    """The last part of the called name."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
