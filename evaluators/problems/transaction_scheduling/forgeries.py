"""Lies that published evaluators of this task believe, for the red team.

They take the makespan from the program, accept empty or partial orders (the validity of an order
does not enter the score), and share the workload object with the candidate, which can write to it.
Names in the bodies: `order` int64[transactions], the baseline's answer.
"""

from __future__ import annotations

from evaluators.contract import Forgery

_ORDER = """
import numpy as np
order = np.array(answer["order"])
keys, writes = fields["keys"], fields["writes"]
"""

FORGERIES = {
    "a makespan of 0, told with the order": Forgery(
        _ORDER + 'return {"order": order, "makespan": 0}', effect="accepted"
    ),
    "no transaction at all": Forgery(_ORDER + 'return {"order": order[:0]}', effect="accepted"),
    "the longest transaction left out": Forgery(
        _ORDER
        + """
longest = max(range(len(keys)), key=lambda t: len(keys[t]))
return {"order": order[order != longest]}
""",
        effect="accepted",
    ),
    "the shortest transaction in every place": Forgery(
        _ORDER
        + """
shortest = min(range(len(keys)), key=lambda t: len(keys[t]))
return {"order": np.full_like(order, shortest)}
""",
        effect="accepted",
    ),
    "transactions counted from the back, one place short": Forgery(
        _ORDER + 'return {"order": np.append(order[:-1], -len(order))}', effect="accepted"
    ),
    "writes turned into reads": Forgery(
        _ORDER
        + """
for w in writes:
    w[...] = False
return answer
""",
        effect="better",
    ),
    "a key of its own for every operation": Forgery(
        _ORDER
        + """
for t, ks in enumerate(keys):
    ks[...] = 1000 * t + np.arange(len(ks))
return answer
""",
        effect="better",
    ),
    "an order for each objective": Forgery(
        _ORDER
        + """
class Alternating:
    times_read = 0
    def __array__(self, dtype=None, copy=None):
        self.times_read += 1
        return order.copy() if self.times_read == 1 else np.argsort([len(k) for k in keys])

return {"order": Alternating()}
""",
        effect="better",
    ),
}
