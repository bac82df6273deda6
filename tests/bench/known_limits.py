"""Writes the limits of single_machine_tardiness's generated instances: `python -m ...known_limits`.

What the file holds already is kept, so it goes on where it was; take the file away to solve all
anew. With --check FRACTION that share of what it holds is solved again instead, the smallest first.
"""

from __future__ import annotations

import argparse
import json

from evaluators.contract import SPLITS
from evaluators.problems.single_machine_tardiness.bounds import KNOWN, total_tardiness_limit
from evaluators.problems.single_machine_tardiness.workloads import (
    TardinessParameters,
    make_workloads,
)


def instances():
    """All generated ones, the smallest first."""
    every = [w for split in SPLITS for w in make_workloads(split, TardinessParameters())]
    return sorted(every, key=lambda w: len(w.content["due_date"]))


def load():
    rows = json.loads(KNOWN.read_text()) if KNOWN.is_file() else []
    return {digest: (total, kind) for digest, total, kind in rows}


def save(known):
    rows = [json.dumps([digest, *known[digest]]) for digest in sorted(known)]
    KNOWN.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=float, default=0.0)
    share = parser.parse_args().check
    known = load()
    every = instances()
    if share:
        for w in every[: round(share * len(every))]:
            assert known[w.digest] == total_tardiness_limit(**w.content), w.id
        return
    known = {w.digest: known[w.digest] for w in every if w.digest in known}
    for w in every:
        if w.digest not in known:
            known[w.digest] = total_tardiness_limit(**w.content)
            print(w.id, *known[w.digest], flush=True)
            save(known)


if __name__ == "__main__":
    main()
