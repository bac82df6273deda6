"""The table as it is.

Source: what a query engine does on its own; the figure that published hit shares are compared with
(Liu et al., "Optimizing LLM Queries in Relational Data Analytics Workloads", MLSys 2025).
"""

import numpy as np


def reorder(value):
    rows, fields = value.shape
    return {
        "row_order": np.arange(rows),
        "field_order": np.tile(np.arange(fields), (rows, 1)),
    }
