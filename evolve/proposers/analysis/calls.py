"""What numpy and builtin functions return, given the kinds of their arguments.

Only what policies are made of; a function that is not here returns an unknown kind.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from evolve.proposers.analysis.kinds import Kind, Members, Number, broadcast, join, number

FLOAT_ELEMENTWISE = frozenset(
    "exp expm1 log log1p log2 log10 sqrt cbrt tanh reciprocal true_divide".split()
)
SAME_ELEMENTWISE = frozenset(
    "abs absolute floor ceil rint round negative square copy asarray array ascontiguousarray "
    "sort cumsum clip nan_to_num flip roll".split()
)
BINARY = frozenset("maximum minimum add subtract multiply fmax fmin".split())
COMPARISONS = frozenset(
    "less less_equal greater greater_equal equal not_equal isfinite isnan "
    "logical_and logical_or logical_not isin".split()
)
REDUCTIONS = frozenset(
    "mean sum max min median std var prod average any all argmax argmin ptp "
    "amax amin quantile percentile nanmean count_nonzero".split()
)
_FLOAT_REDUCTIONS = frozenset("mean median std var average quantile percentile nanmean".split())
_INT_REDUCTIONS = frozenset({"argmax", "argmin", "count_nonzero"})
LIKE = frozenset("zeros_like ones_like full_like empty_like".split())
FILLED = frozenset("zeros ones full empty".split())
_METHODS = REDUCTIONS | frozenset(
    "copy astype argsort clip cumsum round item ravel reshape".split()
)

Kinds = Sequence[Kind | None]


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The argument given under that keyword."""
    return next((k.value for k in call.keywords if k.arg == name), None)


def axis_of(call: ast.Call, position: int) -> int | None:
    """The literal axis of a reduction, None without one. Raises ValueError when not a literal."""
    node = keyword(call, "axis")
    if node is None:
        if len(call.args) <= position:
            return None
        node = call.args[position]
    value = ast.literal_eval(node)
    if value is not None and type(value) is not int:
        raise ValueError(f"axis {value!r} is not one axis")
    return value


def reduced(name: str, call: ast.Call, array: Number, position: int) -> Number | None:
    """The kind of `np.<name>(array, axis)` or `array.<name>(axis)`."""
    dtype = array.dtype
    if name in _FLOAT_REDUCTIONS:
        dtype = "float"
    elif name in _INT_REDUCTIONS or (name in ("sum", "prod") and dtype == "bool"):
        dtype = "int"
    elif name in ("any", "all"):
        dtype = "bool"
    if keyword(call, "keepdims") is not None:
        return None
    try:
        axis = axis_of(call, position + (name in ("quantile", "percentile")))
    except ValueError:
        return None
    if axis is None:
        return Number(dtype)
    if not -len(array.dims) <= axis < len(array.dims):
        return None
    axis %= len(array.dims)
    index_of = array.dims[axis] if name in ("argmax", "argmin") else array.index_of
    return Number(dtype, array.dims[:axis] + array.dims[axis + 1 :], index_of)


def method_kind(name: str, call: ast.Call, array: Number, arguments: Kinds) -> Kind | None:
    """The kind of `array.<name>(...)`."""
    if name not in _METHODS:
        return None
    match name:
        case "item":
            return Number(array.dtype)
        case "astype":
            return cast(call.args[0], array) if call.args else None
        case "argsort":
            return argsorted(array)
        case "ravel":
            return array if len(array.dims) == 1 else None
        case "reshape":
            rest = f"<-1 of {','.join(array.dims)}>"
            dims = dims_of_shape(call.args, arguments)
            return Number(array.dtype, tuple(rest if d == "<-1>" else d for d in dims))
        case "cumsum" if len(array.dims) > 1 and not call.args and not call.keywords:
            return None
        case _ if name in REDUCTIONS:
            return reduced(name, call, array, 0)
    return array


def numpy_kind(name: str, call: ast.Call, arguments: Kinds) -> Kind | None:
    """The kind of `np.<name>(...)`."""
    numbers = [number(k) for k in arguments]
    first = numbers[0] if numbers else None
    if name in FILLED or name in LIKE or name == "arange":
        return _new_array(name, call, arguments, first)
    if name == "lexsort" and arguments and isinstance(arguments[0], Members):
        last = number(arguments[0].kinds[-1]) if arguments[0].kinds else None
        return argsorted(last) if last else None
    if name in BINARY and len(numbers) >= 2:
        return broadcast(numbers[0], numbers[1])
    if name == "where" and len(numbers) == 3:
        both = broadcast(numbers[1], numbers[2])
        shape = broadcast(numbers[0], both)
        return Number(both.dtype, shape.dims) if both and shape else None
    if (
        name == "tile"
        and first
        and len(first.dims) == 1
        and ast.unparse(call.args[1])[-3:] == " 1)"
    ):
        return Number(first.dtype, (dims_of_shape(call.args[1:], arguments[1:])[0], *first.dims))
    if name == "take_along_axis" and len(numbers) >= 2 and first and numbers[1]:
        return Number(first.dtype, numbers[1].dims, first.index_of)
    return _unary(name, call, first) if first else None


def _unary(name: str, call: ast.Call, first: Number) -> Kind | None:
    if name in FLOAT_ELEMENTWISE:
        return Number("float", first.dims)
    if name == "argsort":
        return argsorted(first)
    if name in REDUCTIONS:
        return reduced(name, call, first, 1)
    if name in COMPARISONS:
        return Number("bool", first.dims)
    if name == "flatnonzero":
        return Number("int", (f"<{ast.unparse(call)}>",), first.dims[0] if first.dims else None)
    if name in ("float64", "int64"):
        return cast(call.func, first)
    return first if name in SAME_ELEMENTWISE else None


def builtin_kind(name: str, arguments: Kinds) -> Kind | None:
    """The kind of a builtin function's answer."""
    numbers = [number(k) for k in arguments]
    first = numbers[0] if numbers else None
    match name:
        case "len":
            size = first.dims[0] if first and first.dims else None
            return Number("int", (), None, size)
        case "int":
            return Number("int", (), first.index_of if first else None)
        case "float":
            return Number("float")
        case "bool":
            return Number("bool")
        case "round" if len(numbers) == 1:
            return Number("int")
        case "abs" if first:
            return Number(first.dtype, first.dims)
        case "min" | "max" if len(numbers) > 1:
            result: Kind | None = arguments[0]
            for kind in arguments[1:]:
                result = join(result, kind)
            return result
        case "min" | "max" | "sum" if first and len(first.dims) == 1:
            return Number(first.dtype, (), first.index_of)
        case _:
            return None


def cast(dtype: ast.expr, array: Number) -> Number | None:
    """The array in the dtype that an expression names."""
    name = ast.unparse(dtype).rsplit(".", 1)[-1]
    for known in ("bool", "int", "float"):
        if name.startswith(known):
            return Number(known, array.dims, array.index_of if known == "int" else None)
    return None


def argsorted(array: Number) -> Number | None:
    """Indices along the last axis."""
    return Number("int", array.dims, array.dims[-1]) if array.dims else None


def dims_of_shape(nodes: Sequence[ast.expr], kinds: Kinds) -> tuple[str, ...]:
    """Dimension names of a shape that is given as one tuple, one number or several numbers."""
    first = nodes[0] if len(nodes) == 1 else None
    if isinstance(first, (ast.Tuple, ast.List)):
        nodes, kinds = first.elts, _members(kinds[0], len(first.elts))
    elif len(nodes) == 1 and isinstance(kinds[0], Members):
        return tuple(_dim(k, f"{ast.unparse(nodes[0])}[{i}]") for i, k in enumerate(kinds[0].kinds))
    return tuple(_dim(k, ast.unparse(n)) for n, k in zip(nodes, kinds, strict=True))


def _members(kind: Kind | None, count: int) -> Kinds:
    return kind.kinds if isinstance(kind, Members) else [None] * count


def _dim(kind: Kind | None, text: str) -> str:
    size = kind.size_of if isinstance(kind, Number) else None
    return size or (text if text.isdigit() else f"<{text}>")


def _new_array(name: str, call: ast.Call, arguments: Kinds, first: Number | None) -> Kind | None:
    made = first
    if name not in LIKE:
        if not call.args or (name == "arange" and len(call.args) > 1):
            return None
        dims = dims_of_shape(call.args[:1], arguments[:1])
        made = Number("float", dims)
        if name == "arange":
            made = Number("int", dims, dims[0])
        elif name == "full" and len(arguments) > 1:
            filling = number(arguments[1])
            made = Number(filling.dtype, dims) if filling else None
    dtype = keyword(call, "dtype")
    return cast(dtype, made) if dtype is not None and made is not None else made
