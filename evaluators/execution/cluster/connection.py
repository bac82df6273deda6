"""Reaching a Ray, or starting one on this machine."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec

from evaluators.errors import UsageError

LOCAL = "ray"  # what a user writes for a Ray of the run's own
CLIENT = "ray://"
_ANSWER_S = 5.0  # until a server that does not take a connection is not there
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_STORE_BYTES = 128 << 20  # of a Ray of our own: problem files alone pass through it


def check_address(text: str) -> None:
    """Raises UsageError for what names no Ray, or where Ray is not installed."""
    if text != LOCAL:
        host_and_port(text)
    if find_spec("ray") is None:
        raise UsageError("Ray is not installed", "pip install 'adrs[ray]', here and on every node")


def host_and_port(text: str) -> tuple[str, int]:
    """`ray://HOST:PORT` or `HOST:PORT`. Raises UsageError."""
    host, _, port = text.removeprefix(CLIENT).rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(
            f"--executor {text!r} is not understood",
            "local, ray (one of the run's own on this machine), HOST:PORT of a Ray that this "
            "machine belongs to, or ray://HOST:PORT of any other",
        )
    return host, int(port)


def connect(text: str, slots: int | None) -> None:
    """Connect this process to a Ray, or start one with room for so many slots.

    Raises:
        UsageError: nothing answers there, or it is no Ray that this machine can use.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    host, port = (_LOOPBACK[0], None) if text == LOCAL else host_and_port(text)
    if host in _LOOPBACK:  # else Ray goes, and listens, by the machine's outer address
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ.setdefault("RAY_worker_niceness", "0")  # a Ray of our own: slots as they are here
    if port is not None:
        _check_answers(text, host, port)
    import ray

    quiet = {"log_to_driver": False, "configure_logging": False}
    try:
        if text == LOCAL:
            ray.init(
                address="local",
                num_cpus=slots or len(os.sched_getaffinity(0)),
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                **quiet,
            )
        else:
            ray.init(address=text, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{text}: {' '.join(str(error).split())}",
            "a machine that belongs to that Ray writes HOST:PORT, any other ray://HOST:PORT; "
            "Python and Ray are to be of one version everywhere",
        ) from error


def _check_answers(text: str, host: str, port: int) -> None:
    """Ray itself would try for minutes."""
    try:
        socket.create_connection((host, port), _ANSWER_S).close()
    except OSError as error:
        raise UsageError(
            f"{text}: {error.strerror or error}", "start Ray there: ray start --head"
        ) from error
