"""Attacks through every kind of socket."""

from __future__ import annotations

from evaluators.redteam.attack import Attack, Payload, Probe, confessed
from evaluators.redteam.effects import contacted
from evaluators.redteam.wrapping import at_call

STREAM = "socket.create_connection(('127.0.0.1', outside.port), 2).close()"
DATAGRAM = """
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b"leak", ("127.0.0.1", outside.port))
"""
LOCAL = """
local = socket.socket(socket.AF_UNIX)
local.connect({name})
"""
PAIR = "return socket.socketpair()"
LISTEN = """
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
return f"listens on port {listener.getsockname()[1]}"
"""
EVERY_FAMILY = """
got = []
for family in range(1, 46):
    for kind in (1, 2, 3, 5):
        descriptor = libc.socket(family, kind, 0)
        if descriptor >= 0:
            got.append((family, kind))
            os.close(descriptor)
return got
"""
RESOLVE = "return socket.getaddrinfo('localhost', 80)"


def attacks() -> list[Attack]:
    """All of this file."""
    abstract = "chr(0) + outside.socket_file.rpartition('/')[2]"
    return [
        _attack("connect by TCP", at_call(STREAM), contacted),
        _attack("send by UDP", at_call(DATAGRAM), contacted),
        _attack("local socket", at_call(LOCAL.format(name="outside.socket_file")), contacted),
        _attack("abstract local socket", at_call(LOCAL.format(name=abstract)), contacted),
        _attack("pair of sockets", at_call(PAIR), confessed),
        _attack("listen", at_call(LISTEN), confessed),
        _attack("sockets of every family", at_call(EVERY_FAMILY), confessed),
        _attack("resolve a name", at_call(RESOLVE), confessed),
    ]


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "sockets", "channel", payload, probe)
