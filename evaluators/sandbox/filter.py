"""The seccomp allow-list of a sealed child: its rules as data, and the compiled programs.

The programs for each architecture lie compiled in `filters/`, so that nothing is needed to install
them; a test builds them again with libseccomp (`pyseccomp`) and compares. Rebuild:
`python -m evaluators.sandbox.filter`. What is not listed fails with EPERM.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import platform
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "filters"
ARCHITECTURES = ("x86_64", "aarch64")
NEGATIVE = 0x8000_0000  # the sign of an argument that is an int

ALLOWED = (
    # the channel and the allocator
    "read", "write", "readv", "writev", "close", "lseek", "fstat", "munmap", "mremap", "brk",
    "madvise", "futex", "set_robust_list", "rseq", "membarrier",
    # clocks
    "nanosleep", "gettimeofday", "time", "sched_yield", "getrusage", "times",
    # who am I
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid",
    "getresgid", "getgroups",
    # signals to itself by the kernel, and the end
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "exit", "exit_group",
)  # fmt: skip
NOT_EXECUTABLE = ("mmap", "mprotect")  # allowed without PROT_EXEC, the third argument
OWN_CLOCK = ("clock_gettime", "clock_getres", "clock_nanosleep")  # negative: of another process
OWN_PROCESS = ("sched_getaffinity",)  # 0: this one; a pid would say whether it exists
REFUSED = {
    errno.EACCES: ("open", "openat"),
    errno.EAGAIN: ("clone", "fork", "vfork"),
    errno.ENOSYS: ("clone3", "getrandom"),  # the C library then falls back and reports an error
}
KILLED = (
    # no policy gets here by mistake
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "bpf", "perf_event_open",
    "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key",
    "request_key", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "reboot",
    "swapon", "swapoff", "open_by_handle_at", "iopl", "ioperm", "modify_ldt", "seccomp", "execve",
    "execveat",
)  # fmt: skip


def shipped(architecture: str | None = None) -> bytes:
    """The compiled program for this machine, or b"" where none is shipped."""
    path = FOLDER / f"{architecture or platform.machine()}.bpf"
    return path.read_bytes() if path.is_file() else b""


def sha256(program: bytes) -> str:
    """What a record says of the filter in force."""
    return hashlib.sha256(program).hexdigest() if program else ""


def build(architecture: str) -> bytes:
    """The program compiled from the rules by libseccomp."""
    import pyseccomp as sc

    arch = getattr(sc.Arch, architecture.upper())
    rules = sc.SyscallFilter(sc.ERRNO(errno.EPERM))
    rules.set_attr(sc.Attr.ACT_BADARCH, sc.KILL_PROCESS)
    if arch != sc.system_arch():
        rules.add_arch(arch)
        rules.remove_arch(sc.system_arch())

    def add(action: int, name: str, *conditions: sc.Arg) -> None:
        if sc.resolve_syscall(arch, name) >= 0:  # the other architecture may lack it
            rules.add_rule(action, name, *conditions)

    for name in ALLOWED:
        add(sc.ALLOW, name)
    for names, condition in (
        (NOT_EXECUTABLE, sc.Arg(2, sc.MASKED_EQ, mmap.PROT_EXEC, 0)),
        (OWN_CLOCK, sc.Arg(0, sc.MASKED_EQ, NEGATIVE, 0)),
        (OWN_PROCESS, sc.Arg(0, sc.EQ, 0)),
    ):
        for name in names:
            add(sc.ALLOW, name, condition)
    for number, refused in REFUSED.items():
        for name in refused:
            add(sc.ERRNO(number), name)
    for name in KILLED:
        add(sc.KILL_PROCESS, name)
    return _exported(rules)


def _exported(rules: object) -> bytes:
    fd = os.memfd_create("filter")
    try:
        with os.fdopen(fd, "r+b", closefd=False) as file:
            rules.export_bpf(file)  # type: ignore[attr-defined]  # pyseccomp has no types
            file.seek(0)
            return file.read()
    finally:
        os.close(fd)


def main() -> None:
    """Write the programs of all architectures."""
    FOLDER.mkdir(exist_ok=True)
    for architecture in ARCHITECTURES:
        (FOLDER / f"{architecture}.bpf").write_bytes(build(architecture))


if __name__ == "__main__":
    main()
