"""How the simulator's balancedness and measured layer times agree, in numbers and in lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evaluators.engines.gpu.placement_rows import Row
from evaluators.engines.gpu.ranking import ranking, spearman


def agreement(rows: Sequence[Row]) -> list[Row]:
    """By deployment and tokens per GPU: how balancedness ranks placements by speed, 1 the same.

    `whole` and `gemms` are over all placements, of the layer's time and of the slowest GPU's GEMMs
    alone; `within` is the mean over the layers of the correlation of one layer's placements.
    """
    found = []
    for experts, tokens in sorted({(r["experts"], r["tokens_per_gpu"]) for r in rows}):
        some = [r for r in rows if (r["experts"], r["tokens_per_gpu"]) == (experts, tokens)]
        clusters = [r["workload"] for r in some]
        of = {
            name: ranking(
                _column(some, "balancedness"), -_column(some, key), clusters,
                np.random.default_rng(0),
            )
            for name, key in (("whole", "layer_ms"), ("gemms", "slowest_gpu_ms"))
        }  # fmt: skip
        found.append(
            {"experts": experts, "tokens_per_gpu": tokens,
             **{name: r and asdict(r) for name, r in of.items()}, "within": _within(some)}
        )  # fmt: skip
    return found


def _within(rows: Sequence[Row]) -> float | None:
    layers: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        layers.setdefault((row["workload"], row["decision"], row["layer"]), []).append(row)
    each = [
        spearman(_column(some, "balancedness"), -_column(some, "layer_ms"))
        for some in layers.values()
    ]
    known = [x for x in each if x is not None]
    return float(np.mean(known)) if known else None


def _column(rows: Sequence[Row], key: str) -> np.ndarray:
    return np.array([row[key] for row in rows])


def summary(document: Mapping[str, Any]) -> Iterator[str]:
    """What the document says, in lines."""
    timed, wanted = document["workloads"]["timed"], document["workloads"]["wanted"]
    yield f"{document['device']['facts']}; {', '.join(document['gemm'])}"
    yield (
        f"{timed} of {wanted} workloads in {document['seconds']:.0f} s: {document['kept']} "
        f"placements of a layer, {document['refused']} more refused for drift"
    )
    for row in document["agreement"]:
        whole = row["whole"]
        if whole is None:
            continue
        bounds = (
            f" [{whole['low']:.3f}, {whole['high']:.3f}]"
            if whole["low"] is not None
            else f" (no interval: {whole['clusters']} clusters)"
        )
        within = "-" if row["within"] is None else f"{row['within']:.3f}"
        yield (
            f"{row['experts']} experts, {row['tokens_per_gpu']} tokens per GPU: balancedness "
            f"ranks layer times by {whole['estimate']:.3f}{bounds}, within a layer by {within}"
        )
