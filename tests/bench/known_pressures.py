"""Writes the optima of model_placement's own cases: `python -m tests.bench.known_pressures`.

What the file holds already is kept, so it goes on where it was; take the file away to solve all
anew. Needs ortools.
"""

from __future__ import annotations

import json

from evaluators.contract import SPLITS
from evaluators.problems.model_placement.bounds import KNOWN
from evaluators.problems.model_placement.instance import case_of
from evaluators.problems.model_placement.optimum import least_max_pressure
from evaluators.problems.model_placement.parameters import PlacementParameters
from evaluators.problems.model_placement.workloads import make_workloads


def main():
    known = dict(json.loads(KNOWN.read_text())) if KNOWN.is_file() else {}
    every = [w for split in SPLITS for w in make_workloads(split, PlacementParameters())]
    known = {w.digest: known[w.digest] for w in every if w.digest in known}
    for w in every:
        if w.digest not in known:
            pressure, kind = least_max_pressure(case_of(w.content))
            assert kind == "optimum", w.id
            known[w.digest] = str(pressure)
            print(w.id, pressure, flush=True)
    rows = [json.dumps([digest, known[digest]]) for digest in sorted(known)]
    KNOWN.write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
