"""What a policy must be before it may be compared, journalled and evaluated.

The engine parses every policy in its own process to find out whether it is new. Whatever passes
here is small and flat enough for that: the parser, the normal form and the operators on syntax
trees are recursive, and Python turns an integer of more than 4300 digits into no text.
"""

from __future__ import annotations

import ast
import re
import warnings

from archive.nodes import CHILDREN
from archive.normal_form import normal_digest
from evaluators.parsing import parsed_module
from evolve.proposers.module import NoEntryError, entry_of
from evolve.replies.reply import Expected, RefusedError
from evolve.replies.undefined import bound_names, undefined_names
from evolve.replies.wording import one_line

MOST_BYTES = 32_000  # as the syntax operators have it
MOST_LEVELS = 100  # of nested nodes; the published policies have at most 11
MOST_LINE = 2_000  # characters: the parser is quadratic in some lines; no integer is longer
# no text: what a terminal would obey when the program is shown, and what cannot be encoded
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_QUOTED = 100  # characters of a line in a reason
_MOST_NAMES = 10  # that a reason tells


def check_policy(source: str, expected: Expected) -> None:
    """Refuse what is no policy, or none that is new.

    Raises:
        RefusedError: says what is wrong, for the one who mends it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of `"\d"`, say: none of the user's concern
        try:
            _check_syntax(source, expected)
        except SyntaxError as error:  # of the parser; or of scopes, as a `nonlocal` of no function
            raise RefusedError(_described(error, source)) from error


def _check_syntax(source: str, expected: Expected) -> None:
    tree = _parsed(source)
    try:
        function, _ = entry_of(tree, expected.entry)
    except NoEntryError as error:
        raise RefusedError(
            f"it does not define `def {expected.entry}(...)`, neither at the top level nor in a"
            " class at the top level"
        ) from error
    if all(map(_does_nothing, function.body)):
        raise RefusedError(f"`def {expected.entry}(...)` does nothing: write the whole program")
    _check_names(source, expected)
    if normal_digest(source) in expected.known:
        raise RefusedError(
            "it does the same as a program that was shown: the answer must decide differently"
        )


def _check_names(source: str, expected: Expected) -> None:
    if missing := undefined_names(source, bound_names(expected.prelude)):
        shown = ", ".join(f"`{one_line(name, _QUOTED)}`" for name in missing[:_MOST_NAMES])
        raise RefusedError(
            f"it uses names that nothing defines or imports: {shown}. Write the whole program, with"
            " its imports, constants and helpers"
        )


def _does_nothing(node: ast.stmt) -> bool:
    """Whether the statement only stands for others: `...`, `pass`, a text."""
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant or isinstance(node, ast.Pass)


def _parsed(source: str) -> ast.Module:
    _check_text(source)
    try:
        tree = parsed_module(source)
    except (RecursionError, MemoryError) as error:  # the parser's own stack
        raise RefusedError(_TOO_DEEP) from error
    _check_depth(tree)
    return tree


def _check_text(source: str) -> None:
    if len(source) > MOST_BYTES or len(source.encode("utf-8", "replace")) > MOST_BYTES:
        raise RefusedError(f"the program is longer than {MOST_BYTES} bytes: make it shorter")
    if _NO_TEXT.search(source):
        raise RefusedError(
            "the program has a control character or half a surrogate pair: leave it out, or write"
            " it as an escape"
        )
    if max(map(len, source.split("\n"))) > MOST_LINE:
        raise RefusedError(f"the program has a line of more than {MOST_LINE} characters: break it")


_TOO_DEEP = f"the program is nested deeper than {MOST_LEVELS} levels: use loops, tables or names"


def _check_depth(tree: ast.Module) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise RefusedError(_TOO_DEEP)


def _children(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for attribute in CHILDREN[type(node)]:
        child = getattr(node, attribute, None)
        if isinstance(child, list):
            found += [c for c in child if isinstance(c, ast.AST)]
        elif isinstance(child, ast.AST):
            found.append(child)
    return found


def _described(error: SyntaxError, source: str) -> str:
    lines = source.split("\n")
    at = error.lineno or 0
    quoted = f": {one_line(lines[at - 1], _QUOTED)}" if 0 < at <= len(lines) else ""
    return f"it is not Python: {error.msg} in line {at}{quoted}"
