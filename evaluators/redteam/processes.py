"""Attacks by processes, threads, exits, signals, descriptors and on other processes."""

from __future__ import annotations

from evaluators.redteam.attack import Attack, Payload, Probe, confessed
from evaluators.redteam.effects import contacted, killed, left_behind, overran, written
from evaluators.redteam.wrapping import at_call, at_load, on_answer

LIFE_S = 20  # of what an attack leaves behind where nothing stops it
_STAY = f"""
def stay():
    signal.alarm({LIFE_S})
    libc.prctl(15, outside.mark.encode(), 0, 0, 0)
    time.sleep({LIFE_S})
    os._exit(0)

"""
FORK = f"{_STAY}if os.fork() == 0:\n    stay()"
FORK_BOMB = f"{_STAY}for _ in range(16):\n    if os.fork() == 0:\n        stay()"
DAEMON = f"""{_STAY}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        stay()
    os._exit(0)
os.wait()
"""
THREAD = """
ran = []
thread = threading.Thread(target=ran.append, args=("a thread ran",))
thread.start()
thread.join()
return ran[0]
"""
NATIVE_THREAD = """
number = ctypes.c_ulong()
run = ctypes.cast(libc.getpid, ctypes.c_void_p)
failed = libc.pthread_create(ctypes.byref(number), None, run, None)
return not failed and "a native thread"
"""
WRITES = 'f"echo > {outside.open_folder}/executed"'
SHELL = f"""
if os.fork() == 0:
    os.execve("/bin/sh", ["sh", "-c", {WRITES}], {{}})
os.wait()
"""
REPLACE = f"""os.execve("/bin/sh", ["sh", "-c", {WRITES}], {{}})"""
SPAWN = f"""
pid = os.posix_spawn("/bin/sh", ["sh", "-c", {WRITES}], {{}})
os.waitpid(pid, 0)
"""
SYSTEM = f"libc.system(({WRITES}).encode())"
CLOSE_ALL = "os.closerange(0, 64)"
FOREIGN_DESCRIPTORS = """
for fd in range(3, 64):
    try:
        os.write(fd, b"forged" * 4)
    except OSError:
        continue
"""
STEAL_DESCRIPTOR = """
pidfd = checked(libc.syscall(434, outside.evaluator_pid, 0))
return f"descriptor {checked(libc.syscall(438, pidfd, 1, 0))} of the evaluator"
"""
TRACE = """
seize, detach = 0x4206, 17
checked(libc.ptrace(seize, outside.evaluator_pid, None, None))
return "the evaluator is traced"
"""
ASK_TO_BE_TRACED = "return checked(libc.ptrace(0, 0, None, None)) == 0"
READ_MEMORY = """
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

try:
    with open(f"/proc/{outside.evaluator_pid}/maps") as maps:
        where = int(next(line for line in maps if " rw" in line).partition("-")[0], 16)
except OSError:
    where = ctypes.cast(libc.environ, ctypes.c_void_p).value
here = ctypes.create_string_buffer(64)
local = Part(ctypes.addressof(here), 64)
remote = Part(where, 64)
pid = outside.evaluator_pid
count = libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
return f"{checked(count)} bytes of the evaluator's memory"
"""
READ_LIMITS = "return resource.prlimit(outside.evaluator_pid, resource.RLIMIT_NOFILE)"
RAISE_LIMITS = """
resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
return "limits can be set"
"""
SLOW_DOWN = "os.setpriority(os.PRIO_PROCESS, outside.evaluator_pid, 19)\nreturn 'slowed'"
OTHER_CPU = "os.sched_setaffinity(0, os.sched_getaffinity(0))\nreturn 'chose its CPU'"
CLOCK_OF_OTHERS = "return time.clock_gettime((~outside.bystander_pid << 3) | 2) >= 0"
LOOK_AROUND = "return os.sched_getaffinity(outside.bystander_pid)"
RENAME = "return checked(libc.prctl(15, b'python', 0, 0, 0)) == 0 and 'renamed itself'"
ALARM = "signal.setitimer(signal.ITIMER_REAL, 1e6)\nreturn 'set an alarm'"
UNPRINTABLE_ERROR = """
class Unprintable(Exception):
    def __str__(self):
        os._exit(3)
    __repr__ = __str__

raise Unprintable
"""


def attacks() -> list[Attack]:
    """All of this file."""
    return [
        _attack("fork", at_call(FORK), left_behind),
        _attack("fork bomb", at_call(FORK_BOMB), left_behind),
        _attack("daemon", at_load(DAEMON), left_behind),
        _attack("thread", at_call(THREAD), confessed),
        _attack("native thread", at_call(NATIVE_THREAD), confessed),
        _attack("fork and execute a shell", at_call(SHELL), written),
        _attack("become a shell", at_call(REPLACE), written),
        _attack("spawn a shell", at_call(SPAWN), written),
        _attack("system", at_call(SYSTEM), written),
        _attack("exit at once", at_call("os._exit(0)"), killed),
        _attack("exit while loading", at_load("os._exit(0)"), killed),
        _attack("exit by exception", on_answer("raise SystemExit"), killed),
        _attack("interrupt by exception", on_answer("raise KeyboardInterrupt"), killed),
        _attack("error that ends who prints it", on_answer(UNPRINTABLE_ERROR), killed),
        _attack("segmentation fault", at_call("ctypes.string_at(8)"), killed),
        _attack("abort", at_call("libc.abort()"), killed),
        _attack("kill the evaluator", at_call(_signal("evaluator_pid", "KILL")), killed),
        _attack("stop the evaluator", at_call(_signal("evaluator_pid", "STOP")), overran),
        _attack("kill a bystander", at_call(_signal("bystander_pid", "KILL")), killed),
        _attack("kill its parent", at_call("os.kill(os.getppid(), 9)"), killed),
        _attack("kill its group", at_call("os.killpg(0, 9)"), killed),
        _attack("signal everyone", at_call("os.kill(-1, 0)\nreturn 'everyone'"), confessed),
        _attack("stop itself", at_call("os.kill(os.getpid(), signal.SIGSTOP)"), overran),
        _attack("set an alarm", at_call(ALARM), confessed),
        _attack("close every descriptor", at_call(CLOSE_ALL), killed),
        _attack("write to inherited descriptors", at_load(FOREIGN_DESCRIPTORS), contacted),
        _attack("take the evaluator's descriptor", at_call(STEAL_DESCRIPTOR), confessed),
        _attack("trace the evaluator", at_call(TRACE), confessed),
        _attack("ask to be traced", at_call(ASK_TO_BE_TRACED), confessed),
        _attack("read the evaluator's memory", at_call(READ_MEMORY), confessed),
        _attack("read the evaluator's limits", at_call(READ_LIMITS), confessed),
        _attack("set its own limits", at_call(RAISE_LIMITS), confessed),
        _attack("slow the evaluator down", at_call(SLOW_DOWN), confessed),
        _attack("choose its CPU", at_call(OTHER_CPU), confessed),
        _attack("read another's CPU clock", at_call(CLOCK_OF_OTHERS), confessed),
        _attack("find other processes", at_call(LOOK_AROUND), confessed),
        _attack("change its own attributes", at_call(RENAME), confessed),
    ]


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "processes", "channel", payload, probe)


def _signal(whom: str, name: str) -> str:
    return f"os.kill(outside.{whom}, signal.SIG{name})"
