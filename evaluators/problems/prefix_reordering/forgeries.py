"""Lies that the public evaluator of reordered tables believes, for the red team.

It takes a whole table back from the policy, and asks for as many rows and no fewer characters: so
a value may change its column or its row, or be another one. An answer here is made of numbers, so
what is left are numbers that are no permutations, and arrays that the scorer might read again.
"""

from __future__ import annotations

from evaluators.contract import Forgery

_ORDERS = """
import numpy as np
rows, fields_of = np.array(answer["row_order"]), np.array(answer["field_order"])
value = fields["value"]
"""


def _accepted(body: str) -> Forgery:
    return Forgery(_ORDERS + body, effect="accepted")


FORGERIES = {
    "one row in every place": _accepted(
        'return {"row_order": np.full_like(rows, rows[0]), "field_order": fields_of}'
    ),
    "rows counted from the back, one place short": _accepted(
        'return {"row_order": np.append(rows[:-1], -len(rows)), "field_order": fields_of}'
    ),
    "one field in place of all": _accepted(
        "longest = fields['length'][value].sum(axis=0).argmax()\n"
        'return {"row_order": rows, "field_order": np.full_like(fields_of, longest)}'
    ),
    "one order of fields for all rows": _accepted(
        'return {"row_order": rows, "field_order": fields_of[0]}'
    ),
    "a table of its own, told with the orders": _accepted(
        'return {**answer, "value": np.zeros_like(value)}'
    ),
    "texts told with the orders": _accepted(
        'return {**answer, "text": ["a"] * len(fields["length"])}'
    ),
    "every cell overwritten with one text": Forgery(
        _ORDERS + "value[...] = value[0, 0]\nreturn answer", effect="better"
    ),
    "values sorted within their columns": Forgery(
        _ORDERS + "value[...] = np.sort(value, axis=0)\nreturn answer", effect="better"
    ),
    "all texts empty but one": Forgery(
        _ORDERS + "fields['length'][1:] = 0\nfields['shared_prefix'][...] = 0\nreturn answer",
        effect="better",
    ),
}
