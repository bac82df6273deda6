"""A request waits at the router until a replica is idle enough to accept it.

Source: P/D-Serve (Jin et al., 2024, abstract): replicas have no queue of their own; one accepts a
request when it has no other to prefill, else the router tries the next, and again later. Among those
that accept, the one with the longest known prefix; who was held too often goes to the shortest
queue (both chosen). Own code.
"""

import numpy as np


class AcceptOrRetry:
    def __init__(self, token_s):
        self.sent_at_s = np.full(len(token_s), -1.0)

    def route(self, now_s, report_age_s, holds_left, replicas):
        has_changed = self.sent_at_s >= now_s - report_age_s  # sent to since the report
        accepts = replicas.is_up & (replicas.queued_tokens == 0) & ~has_changed
        if accepts.any():
            chosen = int(np.argmax(np.where(accepts, replicas.matched_tokens, -1)))
        elif holds_left:
            return -1
        else:
            chosen = int(np.argmin(np.where(replicas.is_up, replicas.queued_tokens, 2**60)))
        self.sent_at_s[chosen] = now_s
        return chosen
