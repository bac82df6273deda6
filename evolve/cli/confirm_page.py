"""What a confirmation came to, for people and as JSON: the shape is a promise to other programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, get_args

from archive.constraint import breaking_words
from evolve.cli.documents import Document, contrast_document, failure_lines
from evolve.cli.front_table import ARROW, MOST_ROWS, origin
from evolve.cli.wording import figure
from evolve.confirmed import Agreement

if TYPE_CHECKING:
    from rich.table import Table

    from evaluators.contract import Objective
    from evolve.confirmed import Confirmed, Pair, Subject

AGREEMENTS: tuple[Agreement, ...] = get_args(Agreement)
MOST_PAIRS = 12


def confirm_document(found: Confirmed) -> Document:
    """Both rankings, every pair that is reversed, and the verdict; null where there is none."""
    counts = Counter(p.agreement for p in found.pairs)
    return {
        "run": found.run.name,
        "problem": found.run.identity,
        "split": found.split,
        "device": {"name": found.device, "facts": list(found.devices)},
        "objectives": {
            "simulated": _objective(found.simulated_objective),
            "measured": _objective(found.objective),
        },
        "rounds": len(found.again),
        "noise": found.noise,
        "reference_drift": found.drift,
        "objection": found.objection or None,
        "policies": [_policy(found, s) for s in found.subjects],
        "correlation": found.correlation,
        "pairs": {kind: counts[kind] for kind in AGREEMENTS},
        "reversed": [_pair(p) for p in _reversed(found)],
        "winner": {
            "name": found.winner.name,
            "stays": None if found.objection else not found.overtaken_by,
            "overtaken_by": [s.name for s in found.overtaken_by],
        },
    }


def _objective(objective: Objective) -> dict[str, str]:
    return {"name": objective.name, "unit": objective.unit, "better": objective.better}


def _policy(found: Confirmed, subject: Subject) -> dict[str, Any]:
    return {
        "name": subject.name,
        "id": f"{found.run.name}/{subject.entry.number}",
        "digest": subject.digest,
        "simulated": {"value": subject.simulated, "rank": found.subjects.index(subject) + 1},
        "measured": {"value": found.value(subject), "rank": _rank(found, subject)},
    }


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "better_simulated": pair.better.name,
        "better_measured": pair.worse.name,
        **contrast_document(pair.contrast),
    }


def _rank(found: Confirmed, subject: Subject) -> int | None:
    return found.ranked.index(subject) + 1 if subject in found.ranked else None


def _reversed(found: Confirmed) -> Sequence[Pair]:
    return [p for p in found.pairs if p.agreement == "reversed"]


def print_confirmed(found: Confirmed) -> None:
    """The same for people."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{found.run.name}: {len(found.subjects)} policies on the {found.split} workloads, "
        f"{len(found.again)} rounds each on {'; '.join(found.devices)}",
        markup=False,
    )
    console.print(_table(found), soft_wrap=False)
    if len(found.subjects) > MOST_ROWS:
        console.print(f"{MOST_ROWS} of {len(found.subjects)}; all: --json")
    for line in (*_failures(found), *_left_out(found), *_findings(found)):
        console.print(line, markup=False)


def _table(found: Confirmed) -> Table:
    """The simulator's order, with the device's beside it."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for o, where in ((found.simulated_objective, "simulated"), (found.objective, "measured")):
        table.add_column("rank", justify="right")
        table.add_column(f"{o.name}\n{where} {ARROW[o.better]} {o.unit}", justify="right")
    table.add_column("policy", overflow="fold")
    table.add_column("from", overflow="fold")
    for rank, s in enumerate(found.subjects[:MOST_ROWS], start=1):
        measured = _rank(found, s)
        table.add_row(
            str(rank), figure(s.simulated), str(measured or "-"), figure(found.value(s)),
            s.name, origin(s.entry) if s.name != origin(s.entry) else "baseline",
        )  # fmt: skip
    return table


def _failures(found: Confirmed) -> list[str]:
    names = {s.digest: s.name for s in found.subjects}
    return [f"{names[d]} failed: {failure_lines(o)[0]}" for d, o in found.failed.items()]


def _left_out(found: Confirmed) -> list[str]:
    known = [v for e in found.run.baselines().values() if (v := e.values.get(found.split))]
    words = breaking_words(found.run.constraints(), known, "baselines")
    return [f"{words}: not measured"] if words else []


def _findings(found: Confirmed) -> list[str]:
    noise = "not known" if found.noise is None else f"{found.noise:.2%}"
    drift = "" if found.drift is None else f", the device drifted by {found.drift:.1%} at most"
    counts = Counter(p.agreement for p in found.pairs)
    lines = [f"equals differ by {noise} (plays of {found.reference.name}){drift}"]
    if found.objection:
        return [*lines, f"no verdict: {found.objection}"]
    told = ", ".join(f"{counts[kind]} {kind}" for kind in AGREEMENTS)
    lines.append(
        f"rank correlation {figure(found.correlation)}; of {len(found.pairs)} pairs that the "
        f"simulator tells apart: {told}"
    )
    lines += [_line(p) for p in _reversed(found)[:MOST_PAIRS]]
    return [*lines, _verdict(found)]


def _line(pair: Pair) -> str:
    c = pair.contrast
    bounds = f"[{figure(c.difference.low)}, {figure(c.difference.high)}]"
    return (
        f"  reversed: {pair.worse.name} is better than {pair.better.name} by "
        f"{figure(c.difference.estimate)} {c.objective.unit} {bounds}"
    )


def _verdict(found: Confirmed) -> str:
    winner, others = found.winner.name, found.overtaken_by
    if not others:
        first = found.ranked[0].name
        how = "it is the best here too" if first == winner else f"{first} is no better beyond noise"
        return f"the winner {winner} stays the winner: {how}"
    if found.value(found.winner) is None:
        return f"the winner {winner} fails on the device; the best there is {others[0].name}"
    return f"the winner {winner} does not stay the winner: {others[0].name} is better here"
