"""Fields with few distinct values first, the same for all rows; rows sorted.

Source: Lemire and Kaser, "Reordering columns for smaller indexes", Information Sciences 181 (2011):
columns by increasing cardinality, then a lexicographic sort.
"""

import numpy as np


def reorder(value):
    distinct = [len(np.unique(column)) for column in value.T]
    order = np.argsort(distinct, kind="stable")
    return {
        "row_order": np.lexsort(value[:, order[::-1]].T),
        "field_order": np.tile(order, (len(value), 1)),
    }
