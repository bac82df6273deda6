"""Lies that a simulator of routing might believe, for the red team.

A router that reports its own cache hits, or that names an engine which is not there, is believed
where the score is taken from what the router says.
"""

from __future__ import annotations

from evaluators.contract import Forgery

FORGERIES = {
    "hits reported by the router": Forgery(
        'return {**answer, "matched_tokens": fields["prompt_tokens"]}', effect="accepted"
    ),
    "a first token said to be out": Forgery(
        'return {**answer, "first_token_s": fields["now_s"]}', effect="accepted"
    ),
    "a replica that does not exist": Forgery('return {"replica": 15}', effect="accepted"),
    "a replica counted from the back": Forgery('return {"replica": -2}', effect="accepted"),
    "all replicas at once": Forgery(
        'return {"replica": list(range(len(fields["token_s"])))}', effect="accepted"
    ),
    "held for ever": Forgery('return {"replica": -1}', effect="accepted"),
    "loads overwritten": Forgery(
        """
import numpy as np
for name in ("queued_tokens", "num_waiting", "num_running", "matched_tokens", "is_up"):
    array = getattr(fields["replicas"], name)
    while isinstance(array.base, np.ndarray):
        array = array.base
    array[...] = 1
return answer
""",
        effect="better",
    ),
}
