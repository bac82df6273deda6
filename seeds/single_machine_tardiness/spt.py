"""Shortest processing time first; of equal ones the earlier due date.

Source: Smith, "Various optimizers for single-stage production", Naval Research Logistics Quarterly
3 (1956). It has the least total tardiness where every job is late in any case.
"""

import numpy as np


def order_jobs(processing_time, due_date):
    return np.lexsort((due_date, processing_time))
