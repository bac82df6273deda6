"""Attacks by raw system calls, a foreign ABI, executable memory and what the kernel keeps."""

from __future__ import annotations

import platform

from evaluators.redteam.attack import Attack, Payload, Probe, confessed
from evaluators.redteam.effects import killed, leaked
from evaluators.redteam.wrapping import at_call

# numbers that differ between architectures: x86_64, aarch64
NUMBERS = {
    "openat": (257, 56), "socket": (41, 198), "clone": (56, 220),
    "pkey_mprotect": (329, 288), "userfaultfd": (323, 282), "personality": (135, 92),
    "keyctl": (250, 219), "memfd_secret": (447, 447), "io_uring_setup": (425, 425),
}  # fmt: skip
OPEN = """
descriptor = checked(libc.syscall({openat}, -100, outside.secret_file.encode(), 0, 0))
return os.read(descriptor, 200)
"""
SOCKET = "return f'socket {{checked(libc.syscall({socket}, 2, 1, 0))}}'"
CLONE = """
pid = checked(libc.syscall({clone}, signal.SIGCHLD, 0, 0, 0, 0))
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
return f"process {{pid}}"
"""
CLONE3 = """
arguments = ctypes.create_string_buffer(struct.pack("8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0))
pid = checked(libc.syscall(435, arguments, 64))
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
return f"process {pid}"
"""
EXECUTABLE = """
mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
return "executable memory"
"""
PAGE = """
memory = mmap.mmap(-1, 4096)
start = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
"""
BY_MPROTECT = PAGE + "return checked(libc.mprotect(start, 4096, 5)) == 0 and 'executable'"
BY_PKEY = PAGE + "return checked(libc.syscall({pkey_mprotect}, start, 4096, 5, -1)) == 0 and 'done'"
READ_IMPLIES_EXECUTE = "return checked(libc.syscall({personality}, 0x0400000)) >= 0 and 'set'"
NATIVE_CODE = """
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory[:{size}] = bytes.fromhex("{code}")
run = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
return f"native code answered {{run()}}"
"""
GETPID_X86_64 = "b8270000000f05c3"  # mov eax, 39; syscall; ret
GETPID_I386 = "b814000000cd80c3"  # mov eax, 20; int 0x80; ret
FOREIGN_CALL = """
class Segment(ctypes.Structure):
    _fields_ = [(n, ctypes.c_uint32) for n in ("kind", "flags")] + [
        (n, ctypes.c_uint64) for n in ("offset", "start", "physical", "in_file", "size", "align")]

class Image(ctypes.Structure):
    _fields_ = [("base", ctypes.c_uint64), ("name", ctypes.c_char_p),
                ("segments", ctypes.POINTER(Segment)), ("count", ctypes.c_uint16)]

found = []
Visit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Image), ctypes.c_size_t, ctypes.c_void_p)

def visit(image, size, data):
    for segment in image[0].segments[:image[0].count]:
        if segment.kind == 1 and segment.flags & 1 and not found:
            start = image[0].base + segment.start
            at = ctypes.string_at(start, segment.size).find(bytes.fromhex("cd80"))
            if at >= 0:
                found.append(start + at)
    return 0

libc.dl_iterate_phdr(Visit(visit), None)
ctypes.CFUNCTYPE(None, ctypes.c_double)(found[0])(0.0)  # one vector argument: eax is 1, exit
"""
DESCRIPTORS = {
    "page faults of its own": "{userfaultfd}, 1",
    "memory hidden from the kernel": "{memfd_secret}, 0",
    "asynchronous system calls": "{io_uring_setup}, 4, ctypes.create_string_buffer(120)",
}
DESCRIPTOR = """
descriptor = checked(libc.syscall({call}))
os.close(descriptor)
return f"descriptor {{descriptor}}"
"""
KEYRING = "return f'keyring {{checked(libc.syscall({keyctl}, 0, -3, 1))}}'"
SYSTEM_V = {  # made and taken away
    "shared memory": ("libc.shmget(0x5EC2E7, 4096, 0o1600)", "libc.shmctl(number, 0, None)"),
    "message queue": ("libc.msgget(0x5EC2E7, 0o1600)", "libc.msgctl(number, 0, None)"),
    "semaphore": ("libc.semget(0x5EC2E7, 1, 0o1600)", "libc.semctl(number, 0, 0)"),
}
KEPT_BY_KERNEL = """
number = checked({make})
{remove}
return f"identifier {{number}}"
"""
ENTROPY = "return checked(libc.getrandom(ctypes.create_string_buffer(8), 8, 0)) == 8"


def attacks() -> list[Attack]:
    """All of this file that can be told to this machine."""
    found = [
        _attack("open by number", _numbered(OPEN), leaked),
        _attack("socket by number", _numbered(SOCKET), confessed),
        _attack("clone by number", _numbered(CLONE), confessed),
        _attack("clone3", at_call(CLONE3), confessed),
        _attack("executable memory", at_call(EXECUTABLE), confessed),
        _attack("memory made executable", at_call(BY_MPROTECT), confessed),
        _attack("memory made executable by key", _numbered(BY_PKEY), confessed),
        _attack("readable is executable", _numbered(READ_IMPLIES_EXECUTE), confessed),
        _attack("session keyring", _numbered(KEYRING), confessed),
        _attack("real entropy", at_call(ENTROPY), confessed),
    ]
    for name, call in DESCRIPTORS.items():
        found.append(_attack(name, _numbered(DESCRIPTOR.replace("{call}", call)), confessed))
    for name, (make, remove) in SYSTEM_V.items():
        body = KEPT_BY_KERNEL.format(make=make, remove=remove)
        found.append(_attack(f"System V {name}", at_call(body), confessed))
    return found + (_x86() if platform.machine() == "x86_64" else [])


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "kernel", "channel", payload, probe)


def _x86() -> list[Attack]:
    return [
        _attack("native code", at_call(_native(GETPID_X86_64)), confessed),
        _attack("native code of another ABI", at_call(_native(GETPID_I386)), confessed),
        _attack("system call of another ABI", at_call(FOREIGN_CALL), killed),
    ]


def _numbered(body: str) -> Payload:
    column = 0 if platform.machine() == "x86_64" else 1
    return at_call(body.format(**{name: n[column] for name, n in NUMBERS.items()}))


def _native(code: str) -> str:
    return NATIVE_CODE.format(size=len(code) // 2, code=code)
