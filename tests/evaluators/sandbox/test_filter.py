"""The shipped seccomp programs are the rules: rebuilt, and run over every system call."""

from __future__ import annotations

import errno
import mmap
import platform
import struct

import pytest

from evaluators.sandbox import filter as seccomp

pyseccomp = pytest.importorskip("pyseccomp", reason="rebuilds the filter (pip install pyseccomp)")

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003}
KILL_PROCESS = 0x80000000
ALLOW = 0x7FFF0000
ERRNO = 0x00050000
X32_BIT = 0x40000000
SHIPPED_WITH = (2, 5)  # libseccomp's major and minor version; others may order rules differently

FORBIDDEN = {  # whatever the rules come to say: no policy may ever do any of this
    "files": "open openat openat2 creat rename unlink link symlink mkdir truncate ftruncate chmod "
             "chown mknod",
    "paths": "stat lstat newfstatat statx access faccessat readlink getdents64 chdir getcwd",
    "processes": "fork vfork clone clone3 execve execveat wait4",
    "signals": "kill tkill tgkill rt_sigqueueinfo pidfd_open pidfd_send_signal",
    "sockets": "socket socketpair connect bind listen accept accept4 sendto sendmsg",
    "memory of others": "ptrace process_vm_readv process_vm_writev pidfd_getfd process_madvise",
    "limits": "setrlimit prlimit64 setpriority sched_setaffinity sched_setscheduler personality",
    "attributes": "prctl seccomp setuid setresuid setgid setresgid setgroups capset",
    "descriptors": "dup dup2 dup3 fcntl ioctl pipe pipe2 memfd_create eventfd2 epoll_create1",
    "System V": "shmget shmat msgget msgsnd semget semop",
    "namespaces": "unshare setns mount umount2 pivot_root chroot",
    "the kernel": "bpf io_uring_setup userfaultfd perf_event_open keyctl init_module kexec_load",
    "entropy": "getrandom",
    "clocks of the machine": "settimeofday clock_settime adjtimex timer_create setitimer",
}  # fmt: skip


def run(program: bytes, arch: str, number: int, *arguments: int) -> int:
    """The verdict of a classic BPF program on one system call."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, AUDIT_ARCH[arch], 0, *words)
    instructions = list(struct.iter_unpack("<HBBI", program))
    accumulator, at = 0, 0
    while True:
        code, yes, no, k = instructions[at]
        at += 1
        match code:
            case 0x20:  # load a word
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x54:  # and
                accumulator &= k
            case 0x05:  # jump
                at += k
            case 0x15:
                at += yes if accumulator == k else no
            case 0x25:
                at += yes if accumulator > k else no
            case 0x35:
                at += yes if accumulator >= k else no
            case 0x06:
                return k
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


def number_of(arch: str, name: str) -> int:
    return pyseccomp.resolve_syscall(getattr(pyseccomp.Arch, arch.upper()), name)


def expected_verdicts(arch: str) -> dict[int, int]:
    verdicts = dict.fromkeys(seccomp.ALLOWED, ALLOW)
    verdicts |= dict.fromkeys(seccomp.NOT_EXECUTABLE, ALLOW)
    verdicts |= dict.fromkeys((*seccomp.OWN_CLOCK, *seccomp.OWN_PROCESS), ALLOW)
    verdicts |= {n: ERRNO | code for code, names in seccomp.REFUSED.items() for n in names}
    verdicts |= dict.fromkeys(seccomp.KILLED, KILL_PROCESS)
    return {number_of(arch, n): v for n, v in verdicts.items() if number_of(arch, n) >= 0}


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_the_program_says_what_the_rules_say(arch):
    program = seccomp.shipped(arch)
    expected = expected_verdicts(arch)
    for number in range(600):
        assert run(program, arch, number) == expected.get(number, ERRNO | errno.EPERM), number


@pytest.mark.parametrize("group", FORBIDDEN)
@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_nothing_forbidden_is_allowed(arch, group):
    program = seccomp.shipped(arch)
    for name in FORBIDDEN[group].split():
        number = number_of(arch, name)
        if number >= 0:  # the other architecture may lack it
            assert run(program, arch, number) != ALLOW, name


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_memory_is_never_executable(arch):
    program = seccomp.shipped(arch)
    for name in ("mmap", "mprotect"):
        number = number_of(arch, name)
        for protection in range(8):
            wanted = ERRNO | errno.EPERM if protection & mmap.PROT_EXEC else ALLOW
            assert run(program, arch, number, 0, 4096, protection) == wanted


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_no_path_can_be_looked_at(arch):
    """AT_EMPTY_PATH does not help: the kernel obeys it for an empty path alone."""
    program = seccomp.shipped(arch)
    for flags in (0, 0x1000):
        assert run(program, arch, number_of(arch, "newfstatat"), 0, 0, 0, flags) != ALLOW


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_no_other_process_can_be_looked_at(arch):
    program = seccomp.shipped(arch)
    clock = (~1234 << 3) | 2
    for name in seccomp.OWN_CLOCK:
        for number in (clock & 0xFFFF_FFFF, clock & 0xFFFF_FFFF_FFFF_FFFF):
            assert run(program, arch, number_of(arch, name), number) != ALLOW
        assert run(program, arch, number_of(arch, name), 11) == ALLOW
    for name in seccomp.OWN_PROCESS:
        assert run(program, arch, number_of(arch, name), 1234) != ALLOW


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_another_architecture_is_deadly(arch):
    program = seccomp.shipped(arch)
    for other in set(AUDIT_ARCH) - {arch}:
        assert run(program, other, 0) == KILL_PROCESS
    if arch == "x86_64":
        assert run(program, arch, X32_BIT | number_of(arch, "read")) == KILL_PROCESS


@pytest.mark.parametrize("arch", seccomp.ARCHITECTURES)
def test_the_program_equals_a_fresh_build(arch):
    version = pyseccomp._libseccomp.seccomp_version
    version.restype = pyseccomp.ctypes.POINTER(pyseccomp.ctypes.c_uint * 3)
    major, minor, _ = version().contents
    if (major, minor) != SHIPPED_WITH:
        pytest.skip(f"libseccomp {major}.{minor} may order the same rules differently")
    assert seccomp.build(arch) == seccomp.shipped(arch)


def test_this_machine_has_a_program():
    assert seccomp.shipped() == seccomp.shipped(platform.machine()) != b""
