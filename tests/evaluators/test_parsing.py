"""Sources that are sound have a tree, whatever CPython's count of the depth says."""

from __future__ import annotations

import ast

import pytest

from evaluators.parsing import ATTEMPTS, parsed_expression, parsed_module

MISMATCH = "AST constructor recursion depth mismatch (before=150, after=171)"


def failing(monkeypatch, times: int, message: str) -> list[str]:
    """`ast.parse` raises so often before it works; the sources that it was given."""
    given: list[str] = []
    parse = ast.parse

    def interrupted(source, mode="exec"):
        given.append(source)
        if len(given) <= times:
            raise SystemError(message)
        return parse(source, mode=mode)

    monkeypatch.setattr(ast, "parse", interrupted)
    return given


def test_a_miscounted_depth_is_tried_again(monkeypatch):
    given = failing(monkeypatch, ATTEMPTS - 1, MISMATCH)
    assert ast.unparse(parsed_module("x = 1")) == "x = 1"
    assert len(given) == ATTEMPTS


def test_it_is_raised_in_the_end(monkeypatch):
    given = failing(monkeypatch, ATTEMPTS, MISMATCH)
    with pytest.raises(SystemError, match="mismatch"):
        parsed_module("x = 1")
    assert len(given) == ATTEMPTS


def test_another_fault_is_raised_at_once(monkeypatch):
    given = failing(monkeypatch, 1, "something else")
    with pytest.raises(SystemError, match="something else"):
        parsed_module("x = 1")
    assert len(given) == 1


def test_what_is_no_python_is_not_tried_again():
    with pytest.raises(SyntaxError):
        parsed_module("x = (")
    with pytest.raises(SyntaxError):
        parsed_expression("x = 1")


def test_an_expression():
    assert ast.unparse(parsed_expression("a +\\\n b")) == "a + b"
