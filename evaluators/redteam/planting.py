"""What is planted around an evaluator before it starts: secrets, listeners, a bystander."""

from __future__ import annotations

import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from evaluators.redteam.attack import Outside

MARK_CHARS = 12  # the kernel keeps 15 of a process's name
_IDLE = "import signal; signal.pause()"


class Planted:
    """Use as a context manager: enter it before the evaluator starts, so that it could inherit."""

    def __init__(self) -> None:
        self.mark = f"rt{secrets.token_hex(5)}"[:MARK_CHARS]
        self.secrets = (secrets.token_hex(16), secrets.token_hex(16))
        self._key = f"{self.mark.upper()}_API_KEY"
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="adrs-redteam-"))
        self._exits.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.chmod(0o755)
        self._open = self._folder / "open"
        self._open.mkdir()
        self._open.chmod(0o1777)
        (self._folder / "secret").write_text(self.secrets[0])
        os.environ[self._key] = self.secrets[1]
        self._exits.callback(os.environ.pop, self._key)
        self._listeners = self._listen()
        self._start_bystander()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def outside(self, evaluator_pid: int) -> Outside:
        """What an attacker is told."""
        return Outside(
            secret_file=str(self._folder / "secret"),
            secret_key=self._key,
            open_folder=str(self._open),
            port=self._port,
            socket_file=str(self._folder / self.mark),
            mark=self.mark,
            engine_pid=os.getpid(),
            evaluator_pid=evaluator_pid,
            bystander_pid=self._bystander.pid,
        )

    def take_written(self) -> tuple[str, ...]:
        """The names of what lies in the open folder, which is empty afterwards."""
        names = sorted(p.name for p in self._open.iterdir())
        for name in names:
            (self._open / name).unlink()
        return tuple(names)

    def take_contacts(self) -> int:
        """How many connections and datagrams have come since it was last asked."""
        count = 0
        while ready := select.select(self._listeners, [], [], 0)[0]:
            for listener in ready:
                count += 1
                if listener.type == socket.SOCK_DGRAM:
                    listener.recv(1)
                else:
                    listener.accept()[0].close()
        return count

    def take_bystander(self) -> bool:
        """Whether the bystander has ended; another takes its place."""
        has_ended = self._bystander.poll() is not None
        if has_ended:
            self._start_bystander()
        return has_ended

    def _start_bystander(self) -> None:
        self._bystander = bystander = subprocess.Popen(
            [sys.executable, "-S", "-c", _IDLE], stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._exits.callback(bystander.wait)
        self._exits.callback(bystander.kill)

    def _listen(self) -> list[socket.socket]:
        stream, self._port = _paired_port()
        path = str(self._folder / self.mark)
        listeners = [*stream]
        for name in (path, f"\0{self.mark}"):
            local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            local.bind(name)
            listeners.append(local)
        Path(path).chmod(0o777)
        for listener in listeners:
            self._exits.callback(listener.close)
            if listener.type == socket.SOCK_STREAM:
                listener.listen()
        return listeners


def _paired_port() -> tuple[tuple[socket.socket, socket.socket], int]:
    """A stream and a datagram socket on one port of the loopback."""
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    stream.bind(("127.0.0.1", 0))
    port = stream.getsockname()[1]
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagram.bind(("127.0.0.1", port))
    return (stream, datagram), port
