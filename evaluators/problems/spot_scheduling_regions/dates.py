"""Which traces of the recording belong to which split: by date, never by zone.

All traces are cut from one recording of 45 days. The published scenarios use traces 0 to 7. Open
are those that stay half a day away from all of them, in every zone: the zones of a date go up and
down together, so a date is sealed as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluators.contract import Split
from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling_regions.recordings import Trace

GROUPS: Mapping[str, tuple[tuple[str, ...], int]] = {  # of the public evaluator: zones, traces
    "2-zones-same-region": (("us-east-1a", "us-east-1c"), 8),
    "2-regions": (("us-east-2a", "us-west-2a"), 8),
    "3-regions": (("us-east-1a", "us-east-2b", "us-west-2c"), 6),
    "3-zones-same-region": (("us-east-1a", "us-east-1c", "us-east-1d"), 6),
    "5-zones": (("us-east-1a", "us-east-1f", "us-west-2a", "us-west-2b", "us-east-2b"), 4),
    "9-zones": (
        (
            "us-east-2a", "us-west-2c", "us-east-1d", "us-east-2b", "us-west-2a", "us-east-1f",
            "us-east-1a", "us-west-2b", "us-east-1c",
        ),
        2,
    ),
}  # fmt: skip
SEALED_TRACES = range(8)
MARGIN_S = 12 * 3600
BLOCK_S = 52 * 3600  # of a cluster: the longest that a published job takes


def region_numbers(zones: Iterable[str]) -> list[int]:
    """A number for the region of each zone, in order of appearance."""
    names = [zone[:-1] for zone in zones]
    known = list(dict.fromkeys(names))
    return [known.index(name) for name in names]


def open_traces(traces: Mapping[int, Trace]) -> list[int]:
    """Traces that stay away from sealed ones and do not overlap: numbers, in order of time."""
    sealed = [traces[n] for n in SEALED_TRACES]
    chosen: list[int] = []
    for n in sorted(traces, key=lambda n: (traces[n].start_s, n)):
        is_open = all(_is_apart(traces[n], other, MARGIN_S) for other in sealed)
        if is_open and all(_is_apart(traces[n], traces[other], 0) for other in chosen):
            chosen.append(n)
    return chosen


def traces_of(split: Split, traces: Mapping[int, Trace], path: str) -> list[int]:
    """The open traces of search (the earlier ones) or selection. Raises UsageError."""
    found = open_traces(traces)
    if len(found) < 2:
        raise UsageError(
            f"{path}: {len(found)} traces keep half a day away from traces 0 to 7",
            "expected at least two: one to search on, one to select on",
        )
    half = len(found) // 2
    return found[:half] if split == "search" else found[half:]


def sealable_traces(traces: Mapping[int, Trace]) -> list[int]:
    """All that keep half a day away from every open one; traces 0 to 7 are among them."""
    opened = [traces[n] for n in open_traces(traces)]
    return [n for n in traces if all(_is_apart(traces[n], other, MARGIN_S) for other in opened)]


def block_of(trace: Trace, traces: Mapping[int, Trace]) -> int:
    """Which 52 hours of the recording a trace begins in."""
    return (trace.start_s - min(t.start_s for t in traces.values())) // BLOCK_S


def _is_apart(a: Trace, b: Trace, margin_s: int) -> bool:
    return a.stop_s + margin_s <= b.start_s or b.stop_s + margin_s <= a.start_s
