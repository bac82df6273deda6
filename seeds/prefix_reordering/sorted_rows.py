"""Fields as they are, rows in the order of their texts.

Source: a plain ORDER BY over all columns. Texts are numbered in their order, so numbers sort alike.
"""

import numpy as np


def reorder(value):
    rows, fields = value.shape
    return {
        "row_order": np.lexsort(value[:, ::-1].T),
        "field_order": np.tile(np.arange(fields), (rows, 1)),
    }
