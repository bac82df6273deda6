"""How well the simulator's balancedness ranks placements by the time that a device takes for them.

The published policies place the experts of drawn workloads; the layers of some of their decisions
are timed, those of all policies interleaved. One document says what was measured, row by row, and
how the two agree. Workloads are drawn for this alone: no split of the problem has them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from evaluators.engines.gpu.device import Device, open_device
from evaluators.engines.gpu.drift import MOST_DRIFT
from evaluators.engines.gpu.placement_agreement import agreement, summary
from evaluators.engines.gpu.placement_rows import Bench, Row, drawn
from evaluators.errors import UsageError
from evaluators.problems.expert_placement.shape import PlacementParameters
from evaluators.registry import parse_parameters

COPIES = 3  # of every family on every deployment: 12 clusters of each


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, and for how long at most."""

    parameters: PlacementParameters
    tokens_per_gpu: tuple[int, ...] = (1024, 128)
    copies: int = COPIES
    decisions: int = 2
    seconds: float = 420.0


def main(words: Sequence[str]) -> int:
    """Measure and write the document. Raises UsageError with what is missing."""
    args = _parser().parse_args(words)
    given = {k.strip(): v for k, _, v in (text.partition("=") for text in args.param)}
    parameters = parse_parameters(PlacementParameters, given)
    options = Options(
        parameters, tuple(args.tokens_per_gpu), args.copies, args.decisions, args.seconds
    )
    out = Path(args.out)
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is no folder", "name a file in one that is there: --out")
    with closing(open_device(args.device)) as device:
        document = measure(device, options, time.monotonic, sys.stderr.write)
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print("\n".join(summary(document)))
    return 0 if document["kept"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("measure expert_placement", description=__doc__)
    parser.add_argument("--device", required=True, help="cuda:N, or cpu for tests")
    parser.add_argument("--out", required=True, metavar="FILE", help="the document, JSON")
    parser.add_argument(
        "--tokens-per-gpu", type=int, nargs="+", default=[1024, 128], metavar="N",
        help="tokens that every GPU brings to a step (1024 as in prefill, 128 as in decode)",
    )  # fmt: skip
    parser.add_argument("--copies", type=int, default=COPIES, help=f"of every family ({COPIES})")
    parser.add_argument("--decisions", type=int, default=2, help="timed ones of an episode (2)")
    parser.add_argument("--seconds", type=float, default=420.0, help="draw no more after (420)")
    parser.add_argument(
        "--param", metavar="K=V", action="append", default=[], help="of expert_placement"
    )
    return parser


def measure(
    device: Device, options: Options, now_s: Callable[[], float], tell: Callable[[str], object]
) -> dict[str, Any]:
    """Time every workload until there is none or the seconds are over, and rank.

    Args:
        device: where.
        options: what.
        now_s: a clock in seconds.
        tell: told a line per workload.
    """
    start_s = now_s()
    before = device.conditions().known()
    bench = Bench(device, options.parameters)
    rows: list[Row] = []
    wanted = list(product(range(options.copies), options.tokens_per_gpu))
    for copy, tokens in wanted:
        for workload in drawn(options.parameters, copy):
            if now_s() - start_s > options.seconds:
                break
            rows += bench.rows(workload, tokens, options.decisions)
            tell(f"{now_s() - start_s:.0f} s: {workload.id}, {tokens} tokens per GPU\n")
    kept = [row for row in rows if row["drift"] <= MOST_DRIFT]
    return {
        "measured": "expert_placement",
        "device": {"name": device.name, "facts": device.facts, "before": before,
                   "after": device.conditions().known()},
        "gemm": bench.gemm_names(),
        "options": {**asdict(options)},
        "seconds": now_s() - start_s,
        "workloads": {"wanted": len(wanted) * len(drawn(options.parameters, 0)),
                      "timed": len({(r["workload"], r["tokens_per_gpu"]) for r in rows})},
        "most_drift": MOST_DRIFT,
        "refused": len(rows) - len(kept),
        "kept": len(kept),
        "agreement": agreement(kept),
        "rows": rows,
    }  # fmt: skip
