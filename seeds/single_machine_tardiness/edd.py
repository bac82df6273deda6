"""Earliest due date first; of equal ones the shorter job.

Source: Jackson, "Scheduling a production line to minimize maximum tardiness", UCLA research report
43 (1955): no sequence has a smaller maximum tardiness.
"""

import numpy as np


def order_jobs(processing_time, due_date):
    return np.lexsort((processing_time, due_date))
