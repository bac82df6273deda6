import ast
import builtins
import symtable
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.normal_form import normal_digest
from evaluators.playing import by_name
from evolve.proposers.module import entry_of, source_lines
from evolve.proposers.operators import OPERATORS, Subject
from evolve.proposers.operators.statement import bound_names
from evolve.proposers.operators.transplant import transplanted
from evolve.proposers.syntax import Program
from tests.evolve.proposers.policies import POLICIES, SIGNATURE, random_of

PROGRAMS = {name: Program(source, SIGNATURE) for name, source in POLICIES.items()}
names = st.sampled_from(sorted(PROGRAMS))


def child_of(operator: str, first: str, second: str, seed: int) -> str | None:
    subject = Subject(PROGRAMS[first], PROGRAMS[second] if second != first else None)
    tree = OPERATORS[operator](subject, random_of(seed))
    return None if tree is None else subject.program.source_of(tree)


def imports(source: str) -> set[str]:
    nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]
    return {ast.unparse(n) for n in nodes}


def unbound(source: str) -> set[str]:
    """Names that are read as globals and bound nowhere."""
    module = symtable.symtable(source, "policy", "exec")
    bound = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported()}
    todo, read = [module], set()
    while todo:
        table = todo.pop()
        todo.extend(table.get_children())
        read |= {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
        if table is module:
            read |= {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    return read - bound - set(dir(builtins))


@pytest.mark.parametrize("operator", sorted(OPERATORS))
@given(first=names, second=names, seed=st.integers(0, 2**32))
def test_a_child_is_a_policy_of_the_same_form(operator, first, second, seed):
    child = child_of(operator, first, second, seed)
    if child is None:
        return
    compile(child, "child", "exec")
    assert unbound(child) == set()
    function, owner = entry_of(ast.parse(child), "decide")
    assert (owner is None) == (PROGRAMS[first].owner is None)
    allowed = imports(POLICIES[first]) | imports(POLICIES[second]) | {"import numpy as np"}
    assert imports(child) <= allowed
    taken = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)} - {"self"}
    assert taken <= {f.name for f in SIGNATURE.inputs()}


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_a_child_is_a_function_of_subject_and_stream(operator):
    pairs = 3 * list(product(POLICIES, POLICIES))
    once = [child_of(operator, a, b, seed) for seed, (a, b) in enumerate(pairs)]
    again = [child_of(operator, a, b, seed) for seed, (a, b) in enumerate(pairs)]
    assert once == again
    assert len({c for c in once if c is not None}) > 1


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_operators_leave_their_parents_alone(operator):
    before = {name: ast.dump(p.tree) for name, p in PROGRAMS.items()}
    for seed, (a, b) in enumerate(product(POLICIES, POLICIES)):
        child_of(operator, a, b, seed)
    assert {name: ast.dump(p.tree) for name, p in PROGRAMS.items()} == before


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_most_children_are_new_in_normal_form(operator):
    digests = {name: normal_digest(source) for name, source in POLICIES.items()}
    children = [
        (child_of(operator, a, b, seed), digests[a])
        for seed, (a, b) in enumerate(3 * list(product(POLICIES, POLICIES)))
    ]
    made = [(normal_digest(c), parent) for c, parent in children if c is not None]
    assert sum(child != parent for child, parent in made) > 0.8 * len(made)


def situation(random: np.random.Generator) -> dict:
    n = int(random.integers(1, 6))
    waiting = SimpleNamespace(
        prompt_tokens=random.integers(1, 100, n),
        wait_s=random.random(n),
        server=random.integers(0, 3, n),
    )
    observed = {"load": random.random((4, 3)), "waiting": waiting, "free_tokens": 1000}
    return {"servers": 3, "rate": 2.0, "seed": 1, "event": "arrival", **observed}


def test_most_children_run():
    """Of those that are drawn here; the share on real problems is measured, not tested."""
    ran = made = 0
    for seed, (operator, name) in enumerate(product(OPERATORS, POLICIES)):
        child = child_of(operator, name, "ordered", seed)
        if child is None:
            continue
        made += 1
        values = situation(random_of(seed))
        space: dict = {}
        exec(child, space)
        try:
            owner = next((v for v in space.values() if hasattr(v, "decide")), None)
            entry = space["decide"] if owner is None else by_name(owner)(values).decide
            answer = by_name(entry)(values)
        except (TypeError, ValueError, IndexError, ArithmeticError, AttributeError):
            continue
        ran += sorted(answer) == ["admit", "is_urgent", "order"]
    assert made > 40
    assert ran / made >= 0.6


def test_docstrings_stay():
    child = child_of("perturb_constant", "ordered", "bare", 3)
    assert child is not None
    assert "Longest wait first" in child
    assert "Plain function" in child


def test_terms_bring_fields_into_the_entry():
    children = [child_of("insert_term", "helped", "helped", s) for s in range(300)]
    assert any(c and "free_tokens" in c for c in children)
    children = [child_of("insert_term", "stateful", "stateful", s) for s in range(300)]
    assert any(c and "free_tokens" in c for c in children)


def test_a_mean_over_time_becomes_a_weighted_one():
    children = [child_of("weight_axis", "ordered", "ordered", s) for s in range(20)]
    assert any(c and "np.average(load, axis=0, weights=" in c for c in children)


def test_an_argument_crosses_with_the_helper_that_it_calls():
    children = [child_of("exchange_argument", "ordered", "helped", s) for s in range(20)]
    assert any(c and "def pressure" in c for c in children)


def doubling(links: int) -> str:
    chain = "".join(f"    x{i + 1} = x{i} * x{i}\n" for i in range(links))
    return f"def decide(rate):\n    x0 = rate + 0.5\n{chain}    return x{links} + 0.1\n"


def test_a_chain_that_doubles_with_each_link_is_not_written_out():
    mate = Program(doubling(60), SIGNATURE)
    program = Program(doubling(1), SIGNATURE)
    donor = next(n for n in ast.walk(mate.tree) if ast.unparse(n) == "x60 + 0.1")
    node = next(n for n in ast.walk(program.tree) if ast.unparse(n) == "x1 + 0.1")
    assert transplanted(program, node, mate, donor, ast.parse) is None


def test_lines_are_the_parsers():
    source = (
        "# a comment \f page\nA = 0.3\nB = '\u2028'\n\ndef decide(rate):\n    return A * rate\n"
    )
    tree = ast.parse(source)
    assert list(source_lines(source, tree).values()) == [
        "# a comment \f page\nA = 0.3", "B = '\u2028'", "\ndef decide(rate):\n    return A * rate",
    ]  # fmt: skip


def test_an_import_that_is_used_stays():
    statement = ast.parse("import math as m, os.path\nfrom numpy import mean\nx.y = 1").body
    assert [name for s in statement for name in bound_names(s)] == ["m", "os", "mean", "x.y"]
