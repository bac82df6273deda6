"""What the tests of replies share: a base, and an answer's expectations."""

from archive.normal_form import normal_digest
from evolve.replies.reply import Expected

BASE = '''"""First come, first served."""

import numpy as np

LIMIT = 4


def decide(waiting, servers):
    order = np.argsort(waiting.arrival_s)
    if len(order) > LIMIT:
        order = order[:LIMIT]
    return order
'''
OTHER = """import numpy as np


def decide(waiting, servers):
    return np.argsort(-waiting.wait_s)
"""


def expecting(base: str = BASE, *others: str, frame: str = "") -> Expected:
    known = frozenset(map(normal_digest, (base, *others)))
    return Expected(entry="decide", base=base, frame=frame, known=known)


def edit(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


def block(code: str, info: str = "python", mark: str = "```") -> str:
    return f"{mark}{info}\n{code}\n{mark}\n"
