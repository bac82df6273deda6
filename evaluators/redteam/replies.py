"""Attacks on the channel: forged replies, its shared memory, answers with a life of their own.

A forged reply has had its effect when the play is scored although the rules of the channel were
broken. Payloads find the object that serves them; one that does not, harms nobody anywhere.
"""

from __future__ import annotations

from evaluators.contract import Problem
from evaluators.redteam.attack import Attack, Payload, Probe, confessed, scored
from evaluators.redteam.effects import killed, written
from evaluators.redteam.wrapping import at_call, on_answer
from evaluators.signature import Scalar

_FORGED = """
s = server()
HEAD = STATUS = struct.Struct("<QQ")

def write(index, status, content, length=None):
    place = HEAD.size + index * s._stride
    STATUS.pack_into(s._reply, place, status, len(content) if length is None else length)
    start = place + STATUS.size
    s._reply[start : start + len(content)] = content

{forgery}
return honest()
"""
FORGERIES = {
    "sequence number of another trip": "s._sequence += 1",
    "answer before its question": "os.write(s._done_fd, b'!!!!')\ntime.sleep(0.05)",
    "word that means nothing": "os.write(s._done_fd, b'x')",
    "status that does not exist": "s._write = lambda i, status, content: write(i, 99, content)",
    "length beyond everything": (
        "s._write = lambda i, status, content: write(i, status, content, 1 << 62)"
    ),
    "answer without content": "s._write = lambda i, status, content: write(i, status, b'')",
    "answer cut in half": (
        "s._write = lambda i, status, content: write(i, status, content[: len(content) // 2])"
    ),
}
ALL_ONES = "s._write = lambda i, status, content: write(i, status, b'\\xff' * len(content))"
MAKE_WRITABLE = """
request = numpy.frombuffer(server()._request, numpy.uint8).ctypes.data
return checked(libc.mprotect(ctypes.c_void_p(request), 4096, 3)) == 0 and "writable"
"""
SHRINK = "server()._reply.resize(1)\nreturn 'shrunk'"
GROW = "server()._reply.resize(1 << 24)\nreturn 'grown'"
PICKLE = """
class Bomb:
    def __reduce__(self):
        return exec, (f"open({outside.open_folder + '/unpickled'!r}, 'w').close()",)

return Bomb()
"""
FOREIGN_CLASS = """
class Answer:
    pass

return Answer()
"""
LURKER = """
def look_around(*arguments):
    frame = sys._getframe()
    while frame is not None:
        if any(type(value).__name__ == "Workload" for value in list(frame.f_locals.values())):
            open(f"{outside.open_folder}/saw the workload", "w").close()
        frame = frame.f_back
    return 0.5

names = "eq lt gt le ge float int index bool len iter array getitem sub rsub add radd abs hash"
return type("Lurker", (), {f"__{name}__": look_around for name in names.split()})()
"""
FINALISER = """
class Testament:
    def __del__(self):
        with open(f"{outside.open_folder}/testament", "w") as file:
            file.write("was here")

Testament()
return honest()
"""


def attacks(problem: Problem) -> list[Attack]:
    """All of this file that can be told from an answer to this problem."""
    forgeries = FORGERIES | (
        {"bytes that are no answer": ALL_ONES} if refuses_ones(problem) else {}
    )
    return [
        *(
            _attack(name, on_answer(_FORGED.format(forgery=forgery)), scored)
            for name, forgery in forgeries.items()
        ),
        _attack("make the request writable", at_call(MAKE_WRITABLE), confessed),
        _attack("shrink the shared memory", at_call(SHRINK), killed),
        _attack("grow the shared memory", at_call(GROW), confessed),
        _attack("answer that runs when it is unpickled", on_answer(PICKLE), written),
        _attack("answer of a class of its own", on_answer(FOREIGN_CLASS), killed),
        _attack("answer that looks around", on_answer(LURKER), written),
        _attack("object that acts when it is dropped", on_answer(FINALISER), written),
    ]


def refuses_ones(problem: Problem) -> bool:
    """Whether an answer with every bit set breaks the signature: as offset, index or number."""
    return any(
        not isinstance(f, Scalar) or f.dtype == "float64" or (f.dtype == "int64" and f.low == 0)
        for f in problem.signature.action
    )


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "replies", "channel", payload, probe)
