"""A user's own log of expert loads, cut by time into search, selection and sealed episodes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.errors import UsageError
from evaluators.problems.expert_placement.shape import MODELS, PlacementParameters, Shape

CUTS: tuple[tuple[Split, float, float], ...] = (
    ("search", 0.0, 0.6),
    ("selection", 0.6, 0.8),
    ("sealed", 0.8, 1.0),
)
MOST_EPISODES: Mapping[Split, int] = {"search": 8, "selection": 12, "sealed": 16}
MOST_DECISIONS = 6  # of an episode, as in the built-in search split
LEAST_DECISIONS = 2  # the first placement is free, so moves need a second
EXPECTED = "expected an .npz with float[windows, layers, experts] named 'load'"


def log_workloads(
    path: str, parameters: PlacementParameters
) -> Mapping[Split, tuple[Workload, ...]]:
    """The episodes of a log: the first 60 % of its windows are search, then 20 % and 20 %.

    Raises UsageError when the file is not such a log, is too short, or fits no deployment.
    """
    load = load_log(path)
    shape = _shape(path, load.shape[2], parameters)
    source = Path(path).name
    return {
        split: tuple(_episodes(source, split, load, (first, stop), shape, parameters))
        for split, first, stop in _cut(path, len(load), parameters)
    }


def load_log(path: str) -> np.ndarray:
    """float64[windows, layers, experts], tokens per window, read only."""
    load = _checked(path, _read_array(path))
    load.setflags(write=False)
    return load


def _read_array(path: str) -> np.ndarray:
    try:
        with _opened(path) as archive:
            return _stored_array(path, archive)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}", EXPECTED) from error
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path} is no readable .npz: {error}", EXPECTED) from error


def _opened(path: str) -> np.lib.npyio.NpzFile:
    try:
        archive = np.load(path, allow_pickle=False)
    except ValueError as error:  # numpy takes it for a pickle, and says how to load that
        raise UsageError(f"{path} is not an .npz file", EXPECTED) from error
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise UsageError(f"{path} is a single array, not an .npz archive", EXPECTED)
    return archive


def _stored_array(path: str, archive: np.lib.npyio.NpzFile) -> np.ndarray:
    name = _array_name(path, archive.files)
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        what = f"its array {name!r} is damaged, or holds objects that are no numbers"
        raise UsageError(f"{path} is no readable .npz: {what}", EXPECTED) from error


def _array_name(path: str, names: list[str]) -> str:
    if "load" in names:
        return "load"
    if len(names) == 1:
        return names[0]
    raise UsageError(f"{path} holds {sorted(names)} and none is named 'load'", EXPECTED)


def _checked(path: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iuf":
        raise UsageError(f"{path}: the load has dtype {array.dtype}, expected a number", EXPECTED)
    if array.ndim != 3 or not array.size:
        raise UsageError(f"{path}: the load has shape {array.shape}", EXPECTED)
    load = array.astype(np.float64)
    bad = ~np.isfinite(load) | (load < 0)
    if bad.any():
        at = tuple(np.argwhere(bad)[0].tolist())
        raise UsageError(
            f"{path}: load{list(at)} is {load[at]}, expected a finite number of tokens >= 0",
            "the indices are [window, layer, expert]",
        )
    silent = np.flatnonzero(load.sum(axis=(0, 2)) == 0)
    if silent.size:
        raise UsageError(
            f"{path}: layer {silent[0]} has no load in any window",
            "leave out dense layers: log the mixture-of-experts layers only",
        )
    return load


def _shape(path: str, num_experts: int, parameters: PlacementParameters) -> Shape:
    """The deployment of a log: of the known model with as many experts, or as set by the user."""
    if parameters.num_experts not in (0, num_experts):
        raise UsageError(
            f"{path} has {num_experts} experts but num_experts={parameters.num_experts}",
            "leave num_experts out: the file says it",
        )
    known = [m.shape for m in MODELS if m.shape.num_experts == num_experts]
    if not known and not (parameters.num_replicas and parameters.num_gpus):
        raise UsageError(
            f"{path} has {num_experts} experts, which no known deployment has",
            "say how many slots and GPUs: --param num_replicas=SLOTS --param num_gpus=GPUS",
        )
    one_node = Shape(num_experts, num_experts, num_groups=1, num_nodes=1, num_gpus=1)
    default = known[0] if known else one_node
    try:
        return replace(parameters, num_experts=num_experts).shape(default)
    except ValueError as error:
        raise UsageError(f"{path}: {error}", "change it with --param key=value") from error


def _cut(
    path: str, num_windows: int, parameters: PlacementParameters
) -> Iterator[tuple[Split, int, int]]:
    """The windows of every split. Raises UsageError when one is too short for an episode."""
    needed = parameters.history_windows + LEAST_DECISIONS * parameters.interval_windows
    for split, start_share, stop_share in CUTS:
        first, stop = round(start_share * num_windows), round(stop_share * num_windows)
        if stop - first < needed:
            raise UsageError(
                f"{path} has {num_windows} windows: the {split} split gets {stop - first} of them"
                f" and an episode needs {needed}",
                f"log at least {5 * needed} windows, or shorter ones,"
                " or lower --param history_windows or interval_windows",
            )
        yield split, first, stop


def _episodes(
    source: str,
    split: Split,
    load: np.ndarray,
    windows: tuple[int, int],
    shape: Shape,
    parameters: PlacementParameters,
) -> Iterator[Workload]:
    """Episodes at even distances that share no window; each is one cluster."""
    first, stop = windows
    least = parameters.history_windows + LEAST_DECISIONS * parameters.interval_windows
    number = min(MOST_EPISODES[split], (stop - first) // least)
    room = (stop - first) // number
    decisions = (room - parameters.history_windows) // parameters.interval_windows
    length = parameters.history_windows + (
        min(decisions, MOST_DECISIONS) * parameters.interval_windows
    )
    for index in range(number):
        start = first + index * room
        yield Workload(
            id=f"{split}-log-{index}",
            family="log",
            cluster=f"{source}|{start}",
            content={"load": load[start : start + length], "shape": shape.as_array()},
            spans=(Span(source, start, start + length),),
        )
