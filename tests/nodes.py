"""Nodes of a real Ray cluster on one machine, to be killed and added."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.processes import processes_below

STORE_BYTES = 80 << 20  # the least that Ray takes
DEATHS = {"health_check_period_ms": 1000, "health_check_failure_threshold": 3}  # seen in seconds
COMMON = {"node_ip_address": "127.0.0.1", "object_store_memory": STORE_BYTES}


class Nodes:
    """Three nodes, `node-1` to `node-3`, beside the head."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster()
        self.client_address = f"ray://127.0.0.1:{(port := free_port())}"  # of any other machine
        self._cluster.add_node(
            num_cpus=0, node_name="head", include_dashboard=False, ray_client_server_port=port,
            _system_config=DEATHS, **COMMON,
        )  # fmt: skip
        self.alive: dict[str, Any] = {}
        for number in (1, 2, 3):
            self.add(f"node-{number}")

    @property
    def address(self) -> str:
        """Of a machine that belongs to it."""
        return str(self._cluster.address)

    def add(self, name: str, **changes: Any) -> None:
        """A node of one CPU joins."""
        self.alive[name] = self._cluster.add_node(
            **{"num_cpus": 1, "node_name": name, **COMMON, **changes}
        )

    def kill(self, name: str) -> None:
        """A node is gone from one moment to the next, with all its processes."""
        self._cluster.remove_node(self.alive.pop(name), allow_graceful=False)

    def restore(self) -> None:
        """Three nodes again."""
        for name in [n for n in self.alive if n not in ("node-1", "node-2", "node-3")]:
            self.kill(name)
        for number in (1, 2, 3):
            if f"node-{number}" not in self.alive:
                self.add(f"node-{number}")

    def close(self) -> None:
        self._cluster.shutdown()


def free_port() -> int:
    """Free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def evaluators() -> set[int]:
    """The processes below this one that play policies."""
    return {p for p in processes_below(os.getpid()) if b"evaluators.execution.slot" in command(p)}


def command(pid: int) -> bytes:
    """A process's command line; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="session")
def nodes(request: pytest.FixtureRequest) -> Iterator[Nodes]:
    """Three nodes of one CPU each beside a head that plays nothing; all listen on loopback."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed: make test-ray installs it")
    if request.config.option.markexpr != "ray":
        pytest.skip("a cluster needs the machine to itself: make test-ray")
    with pytest.MonkeyPatch.context() as patch:
        # read when ray is imported: servers listen on loopback, nobody is told of us
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_worker_niceness", "0")  # Ray's workers yield to all else by default
        patch.setenv("PYTHONPATH", str(Path.cwd()))
        cluster = Nodes()
        try:
            yield cluster
        finally:
            cluster.close()
