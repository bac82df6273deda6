"""Items go into bins as they arrive: a whole problem in the fewest words."""

import numpy as np

from evaluators.contract import Bound, Measurements, Objective, Policy, Problem, Workload
from evaluators.errors import InvalidAction
from evaluators.signature import Array, Scalar, Signature

ITEMS = 120  # and as many bins
SEEDS = {"tiny": range(2), "search": range(10, 16), "selection": range(20, 28)}
FIRST_FIT = "import numpy as np\ndef place(free, size): return int(np.argmax(free >= size))"
BEST_FIT = """
import numpy as np
def place(free, size): return int(np.argmin(np.where(free >= size, free, 2)))"""


class BinPacking(Problem):
    name, version = "bin_packing", 1
    statement = """`place(free, size)` returns the bin, 0 to 119, of an item that has just arrived.
        `free`: the share of every bin that is free. `size`: the item's share of a bin."""
    signature = Signature(
        entry="place",
        given=(),
        observation=(
            Array("free", "float64", (ITEMS,), "share", low=0, high=1),
            Scalar("size", "float64", "share", low=0, high=1),
        ),
        action=(Scalar("bin", "int64", low=0, high=ITEMS - 1),),
    )
    objectives = (
        Objective("bins", "bins", "lower", "exact", reference=60, worst=ITEMS, resolution=0.1),
        Objective("emptiest", "share", "lower", "exact", reference=1, worst=1, resolution=0.001),
    )

    def workloads(self, split):
        salt = self.salt.encode() if split == "sealed" else b""  # with one: items nobody has seen
        draws = {s: np.random.default_rng([s, *salt]) for s in SEEDS.get(split, range(30, 50))}
        sizes = {f"seed-{s}": rng.uniform(0.05, 0.7, ITEMS) for s, rng in draws.items()}
        return [Workload(name, "uniform", name, {"size": size}) for name, size in sizes.items()]

    def episode(self, workload):
        free = np.ones(ITEMS)
        for size in workload.content["size"].tolist():
            chosen = (yield {"free": free.copy(), "size": size})["bin"]
            if free[chosen] < size:
                raise InvalidAction(f"bin {chosen} has {free[chosen]} free, the item needs {size}")
            free[chosen] -= size
        used = free[free < 1]
        return Measurements({"bins": float(len(used)), "emptiest": float(used.max())})

    def baselines(self):
        sources = {"first_fit": FIRST_FIT, "best_fit": BEST_FIT}
        return {name: Policy(name, source) for name, source in sources.items()}

    def limits(self, workload):
        least = float(np.ceil(workload.content["size"].sum()))
        return {"bins": Bound(least, "bound", "the sum of the sizes")}
