"""The replica with the fewest requests, waiting or running, as last reported.

Source: `least-request` in AIBrix. Ties go to the first replica. Own code.
"""

import numpy as np


def route(replicas):
    requests = replicas.num_waiting + replicas.num_running
    return int(np.argmin(np.where(replicas.is_up, requests, 2**60)))
