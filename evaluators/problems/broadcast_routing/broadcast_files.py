"""A user's broadcasts, or the published ones: a folder of a measured grid and of JSON files.

Every file of `config/` is one instance of the sealed split. All of them lie on one grid, so none of
that folder is left for search and selection, which stay drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.contract import Span, Workload
from evaluators.errors import UsageError
from evaluators.problems.broadcast_routing.grid_files import EXPECTED, MeasuredGrid, read_grid
from evaluators.problems.broadcast_routing.instance import Broadcast
from evaluators.problems.broadcast_routing.parameters import MOST_DESTINATIONS, MOST_PARTITIONS

KEYS: Mapping[str, type | tuple[type, ...]] = {
    "source_node": str,
    "dest_nodes": list,
    "data_vol": (int, float),
    "num_partitions": int,
    "ingress_limit": dict,
    "egress_limit": dict,
}


def read_workloads(folder: str, num_vms: int) -> tuple[Workload, ...]:
    """The instances of a folder, by file name.

    Broadcasts from one source are one cluster: the published ones overlap.

    Raises:
        UsageError: a file is missing or wrong; names it, and its line where there is one.
    """
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder", EXPECTED)
    configs = sorted((path / "config").glob("*.json"))
    if not configs:
        raise UsageError(f"no {path / 'config'}/*.json", EXPECTED)
    grid = read_grid(path)
    return tuple(_workload(config, index, grid, num_vms) for index, config in enumerate(configs))


def _workload(config: Path, index: int, grid: MeasuredGrid, num_vms: int) -> Workload:
    data = _read(config)
    nodes = [data["source_node"], *data["dest_nodes"]]
    _check_nodes(config, nodes, grid)
    providers = {_provider(node) for node in nodes}
    return Workload(
        id=f"sealed-{config.stem}",
        family=providers.pop() if len(providers) == 1 else "inter",
        cluster=f"from {nodes[0]}",
        content=_broadcast(config, data, grid, num_vms).content(),
        spans=(Span("config", index, index + 1),),
    )


def _read(config: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(config.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {config}: {error}", EXPECTED) from error
    except json.JSONDecodeError as error:
        raise UsageError(f"{config}:{error.lineno}: {error.msg}", "expected JSON") from error
    if not isinstance(data, dict):
        raise UsageError(f"{config} holds no object", f"expected {', '.join(KEYS)}")
    for key, kind in KEYS.items():
        if key not in data:
            raise UsageError(f"{config} has no {key!r}", f"expected {', '.join(KEYS)}")
        if not isinstance(data[key], kind) or isinstance(data[key], bool):
            raise UsageError(f"{config}: {key} is {data[key]!r}", f"expected {_names(kind)}")
    _check_range(config, "num_partitions", data["num_partitions"], 1, MOST_PARTITIONS)
    _check_range(config, "data_vol", data["data_vol"], 1e-6, 1e9)
    return data


def _names(kind: type | tuple[type, ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(k.__name__ for k in kinds)


def _check_range(config: Path, key: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UsageError(f"{config}: {key} is {value}", f"expected {least:g} to {most:g}")


def _check_nodes(config: Path, nodes: Sequence[Any], grid: MeasuredGrid) -> None:
    for node in nodes:
        if node not in grid.regions:
            raise UsageError(
                f"{config}: no region {node!r}", "expected those of profiles/throughput.csv"
            )
    repeated = sorted({n for n in nodes if nodes.count(n) > 1})
    if repeated:
        raise UsageError(
            f"{config}: {repeated[0]} more than once", "expected a source and distinct destinations"
        )
    _check_range(config, "number of dest_nodes", len(nodes) - 1, 1, MOST_DESTINATIONS)


def _provider(node: str) -> str:
    return node.partition(":")[0]


def _broadcast(
    config: Path, data: Mapping[str, Any], grid: MeasuredGrid, num_vms: int
) -> Broadcast:
    numbers = [grid.regions.index(n) for n in (data["source_node"], *data["dest_nodes"])]
    return Broadcast(
        price=grid.price,
        throughput=num_vms * grid.throughput,
        egress_limit=num_vms * _limits(config, "egress_limit", data, grid),
        ingress_limit=num_vms * _limits(config, "ingress_limit", data, grid),
        source=numbers[0],
        destinations=np.array(numbers[1:]),
        num_partitions=data["num_partitions"],
        volume_gb=float(data["data_vol"]),
    )


def _limits(config: Path, key: str, data: Mapping[str, Any], grid: MeasuredGrid) -> np.ndarray:
    """float64[regions], Gbit/s of one VM, by provider."""
    limits: Mapping[str, Any] = data[key]
    for provider in dict.fromkeys(map(_provider, grid.regions)):
        value = limits.get(provider)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e9:
            raise UsageError(
                f"{config}: {key} of {provider!r} is {value!r}", "expected Gbit/s of one VM above 0"
            )
    return np.array([float(limits[_provider(r)]) for r in grid.regions])
