"""How the child gives up everything but computing, before it sees a policy.

Runs in the child alone. The order matters: resource limits, user, death with the parent (a change
of user clears it), no new privileges, Landlock without any rule, the seccomp filter last.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal

NOBODY = 65534

ADDR_NO_RANDOMIZE = 0x0040000
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET = 444  # the same number on every architecture
LANDLOCK_RESTRICT_SELF = 446
LANDLOCK_CREATE_RULESET_VERSION = 1
INSTRUCTION_BYTES = 8  # struct sock_filter
_ROOM_BYTES = 1 << 40  # more address space than a process of ours has

_libc = ctypes.CDLL(None, use_errno=True)


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(option: int, *arguments: object) -> None:
    """Change an attribute of this process. Raises OSError."""
    rest = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    rest += [ctypes.c_ulong(0)] * (4 - len(rest))
    _checked(_libc.prctl(ctypes.c_int(option), *rest))


def die_with_parent(parent_pid: int) -> None:
    """Be killed when the parent dies; leave at once when it is dead already."""
    prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent_pid:
        os._exit(1)


def landlock_abi() -> int:
    """The running kernel's Landlock version, 0 without Landlock."""
    version: int = _libc.syscall(
        ctypes.c_long(LANDLOCK_CREATE_RULESET), None, ctypes.c_size_t(0),
        ctypes.c_uint32(LANDLOCK_CREATE_RULESET_VERSION),
    )  # fmt: skip
    return max(version, 0)


def forbid_files(abi: int) -> None:
    """Handle every right that this Landlock version knows and allow none of them."""
    rights = [13, 14, 15, 15, 16][min(abi, 5) - 1]  # file rights known to versions 1..5
    attr = _RulesetAttr((1 << rights) - 1, 0b11 if abi >= 4 else 0, 0b11 if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _checked(
        _libc.syscall(
            ctypes.c_long(LANDLOCK_CREATE_RULESET), ctypes.byref(attr), ctypes.c_size_t(size),
            ctypes.c_uint32(0),
        )
    )  # fmt: skip
    _checked(
        _libc.syscall(
            ctypes.c_long(LANDLOCK_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint32(0)
        )
    )
    os.close(ruleset)


def install_filter(program: bytes) -> None:
    """Hand the compiled seccomp filter to the kernel; it holds until the process ends."""
    prog = _FilterProgram(len(program) // INSTRUCTION_BYTES, program)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(prog))


def has_fixed_addresses() -> bool:
    """Whether address randomisation is off for this process."""
    return bool(_libc.personality(ctypes.c_ulong(0xFFFFFFFF)) & ADDR_NO_RANDOMIZE)


def mapped_bytes() -> int:
    """The size of this process's address space.

    Found by trying how much more fits under a known limit: inside bubblewrap there is no /proc.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _ROOM_BYTES if hard == resource.RLIM_INFINITY else min(hard, _ROOM_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    fits, too_much = 0, limit // mmap.PAGESIZE
    while too_much - fits > 1:
        pages = (fits + too_much) // 2
        fits, too_much = (pages, too_much) if _can_map(pages) else (fits, pages)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return (limit // mmap.PAGESIZE - fits) * mmap.PAGESIZE


def _can_map(pages: int) -> bool:
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    try:  # read-only pages cost no memory
        mmap.mmap(-1, pages * mmap.PAGESIZE, flags=private, prot=mmap.PROT_READ).close()
    except OSError:
        return False
    return True


def limit_resources(address_space_bytes: int, cpu_s: int, num_files: int) -> None:
    """Soft and hard limits."""
    limits = {
        resource.RLIMIT_AS: address_space_bytes,
        resource.RLIMIT_CPU: cpu_s,  # a backstop: the watchdog comes first
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: num_files,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_STACK: 8 << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for which, limit in limits.items():
        hard = resource.getrlimit(which)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (value, value))


def drop_user() -> None:
    """Become nobody when root; a root without that capability has no power to give up."""
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


def close_files_except(kept: list[int]) -> None:
    """Close every descriptor above 2 that is not kept."""
    start = 3
    for fd in sorted(kept):
        os.closerange(start, fd)
        start = fd + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
