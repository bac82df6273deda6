"""Lies that an evaluator of sequences might believe, for the red team.

They leave out or repeat jobs where only what is in the sequence is summed up, write to the arrays
that the scorer reads back, or show another sequence to each objective.
"""

from __future__ import annotations

from evaluators.contract import Forgery

_SEQUENCE = """
import numpy as np
sequence = np.array(answer["sequence"])
length, due = fields["processing_time"], fields["due_date"]
"""

FORGERIES = {
    "late jobs left out": Forgery(
        _SEQUENCE
        + """
late = np.cumsum(length[sequence]) > due[sequence]
return {"sequence": sequence[~late]}
""",
        effect="accepted",
    ),
    "the shortest job in place of the longest": Forgery(
        _SEQUENCE
        + """
sequence[sequence == length.argmax()] = length.argmin()
return {"sequence": sequence}
""",
        effect="accepted",
    ),
    "the first job in every place": Forgery(
        _SEQUENCE + 'return {"sequence": np.full_like(sequence, due.argmax())}', effect="accepted"
    ),
    "jobs counted from the back, one place short": Forgery(
        _SEQUENCE + 'return {"sequence": np.append(sequence[:-1], -len(sequence))}',
        effect="accepted",
    ),
    "due dates postponed": Forgery(
        _SEQUENCE + "due[...] += length.sum()\nreturn answer", effect="better"
    ),
    "processing times shortened": Forgery(
        _SEQUENCE + "length[...] = 1\nreturn answer", effect="better"
    ),
    "due dates sorted into the order of the sequence": Forgery(
        _SEQUENCE + "due[sequence] = np.sort(due)\nreturn answer", effect="better"
    ),
    "a sequence for each objective": Forgery(
        _SEQUENCE
        + """
class Alternating:
    times_read = 0
    def __array__(self, dtype=None, copy=None):
        self.times_read += 1
        return sequence.copy() if self.times_read == 1 else np.lexsort((length, due))

return {"sequence": Alternating()}
""",
        effect="better",
    ),
}
