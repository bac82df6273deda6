"""Random edits of a policy's syntax tree, by name."""

from evolve.proposers.operators.action import set_action
from evolve.proposers.operators.array import smooth, weight_axis
from evolve.proposers.operators.condition import wrap_condition
from evolve.proposers.operators.constant import perturb_constant, replace_constant
from evolve.proposers.operators.crossover import (
    exchange_argument,
    exchange_function,
    exchange_subtree,
)
from evolve.proposers.operators.operator import Operator, Subject
from evolve.proposers.operators.statement import delete_statement, duplicate_statement
from evolve.proposers.operators.swap import swap_comparison, swap_operator
from evolve.proposers.operators.term import insert_term, remove_term

OPERATORS: dict[str, Operator] = {
    operator.__name__: operator
    for operator in (
        perturb_constant,
        replace_constant,
        swap_operator,
        swap_comparison,
        insert_term,
        remove_term,
        wrap_condition,
        delete_statement,
        duplicate_statement,
        exchange_subtree,
        exchange_argument,
        exchange_function,
        set_action,
        weight_axis,
        smooth,
    )
}

__all__ = ["OPERATORS", "Operator", "Subject"]
