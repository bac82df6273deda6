"""Attacks on every file and secret: the planted ones, the processes' own, and writing."""

from __future__ import annotations

import evaluators
from evaluators.redteam.attack import Attack, Payload, Probe, Target, confessed
from evaluators.redteam.effects import leaked, written
from evaluators.redteam.wrapping import at_call, at_load

READ = """
with open({path}, "rb") as file:
    return file.read(2000)
"""
SYMLINK = """
link = f"{outside.open_folder}/link"
os.symlink(outside.secret_file, link)
with open(link) as file:
    return file.read()
"""
READ_PROCESS = """
with open(f"/proc/{{outside.{whose}_pid}}/environ", "rb") as file:
    variables = file.read().split(bytes(1))
keys = [text for text in variables if outside.secret_key.encode() in text]
return keys or f"{{len(variables)}} variables"
"""
EVERY_KEY = "return [v for k, v in os.environ.items() if k == outside.secret_key]"
NATIVE_ENVIRONMENT = """
names = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
found = []
while names[len(found)]:
    found.append(names[len(found)])
return [text for text in found if outside.secret_key.encode() in text]
"""
MEMORY_OF_EVALUATOR = """
with open(f"/proc/{outside.evaluator_pid}/maps") as maps:
    start = int(next(line for line in maps if " rw" in line).partition("-")[0], 16)
with open(f"/proc/{outside.evaluator_pid}/mem", "rb") as memory:
    memory.seek(start)
    return f"{len(memory.read(64))} bytes of the evaluator's memory"
"""
DESCRIPTORS_OF_EVALUATOR = """
folder = f"/proc/{outside.evaluator_pid}/fd"
return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
"""
REOPEN = """
with open("/proc/self/fd/1", "wb") as again:
    return f"opened {again.name} again"
"""
LOOK = "return os.stat(outside.secret_file)"
LOOK_BY_EMPTY_PATH = """
room = ctypes.create_string_buffer(512)
here, empty_path = -100, 0x1000
return checked(libc.fstatat(here, outside.secret_file.encode(), room, empty_path)) == 0
"""
LOOK_BY_STATX = """
room = ctypes.create_string_buffer(512)
return checked(libc.statx(-100, outside.secret_file.encode(), 0, 0x7FF, room)) == 0
"""
HANDLE = """
room = ctypes.create_string_buffer(struct.pack("II", 128, 0), 256)
mount = ctypes.c_int()
path = outside.secret_file.encode()
return checked(libc.name_to_handle_at(-100, path, room, ctypes.byref(mount), 0)) == 0
"""
ACCESS = "return os.access(outside.secret_file, os.F_OK) and 'it exists'"
WRITE = """
with open(f"{outside.open_folder}/note", "w") as file:
    file.write("was here")
"""
SHARED_MEMORY_FILE = """
path = f"/dev/shm/{outside.mark}"
os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
os.unlink(path)
return path
"""
FILL = """
descriptor = os.open(f"{outside.open_folder}/large", os.O_CREAT | os.O_WRONLY)
os.posix_fallocate(descriptor, 0, 64 << 20)
"""
PIPE_FILE = "os.mkfifo(f'{outside.open_folder}/pipe')"
FOLDER = """
os.mkdir(f"/tmp/{outside.mark}")
os.rmdir(f"/tmp/{outside.mark}")
return "made a folder"
"""
WATCH = """
descriptor = checked(libc.inotify_init1(0))
checked(libc.inotify_add_watch(descriptor, outside.open_folder.encode(), 0xFFF))
return "watches a folder"
"""
LIBRARY = "return ctypes.CDLL('libutil.so.1')"
IMPORT_FILE = "return load('sqlite3').sqlite_version"
MEMORY_FILE = "return os.memfd_create('x') >= 0 and 'a memory file'"


def attacks() -> list[Attack]:
    """All of this file."""
    return [
        _attack("read a planted file", at_call(_read("outside.secret_file")), leaked),
        _attack("read it through a link", at_call(SYMLINK), leaked),
        _attack("read its environment", at_load(EVERY_KEY), leaked),
        _attack("read the native environment", at_load(NATIVE_ENVIRONMENT), leaked),
        _attack("read a neighbour's environment", at_call(_read_proc("bystander")), leaked),
        _attack("read the engine's environment", at_call(_read_proc("engine")), confessed),
        _attack("read the evaluator's environment", at_call(_read_proc("evaluator")), confessed),
        _attack("read the evaluator's memory file", at_call(MEMORY_OF_EVALUATOR), confessed),
        _attack("list the evaluator's descriptors", at_call(DESCRIPTORS_OF_EVALUATOR), confessed),
        _attack("read its own memory map", at_call(_read("'/proc/self/maps'")), confessed),
        _attack("open its output again", at_call(REOPEN), confessed),
        _attack("read accounts", at_call(_read("'/etc/passwd'")), confessed),
        _attack("read the evaluator's source", _read_source, confessed),
        _attack("list a folder", at_call("return os.listdir('/')"), confessed),
        _attack("ask where it is", at_call("return os.getcwd()"), confessed),
        _attack("look at a file", at_call(LOOK), confessed),
        _attack("look at a file as if at a descriptor", at_call(LOOK_BY_EMPTY_PATH), confessed),
        _attack("look at a file by statx", at_call(LOOK_BY_STATX), confessed),
        _attack("take a file's handle", at_call(HANDLE), confessed),
        _attack("ask whether a file exists", at_call(ACCESS), confessed),
        _attack("write a file", at_call(WRITE), written),
        _attack("fill the disk", at_call(FILL), written),
        _attack("make a named pipe", at_call(PIPE_FILE), written),
        _attack("make a folder", at_call(FOLDER), confessed),
        _attack("make a shared memory file", at_call(SHARED_MEMORY_FILE), confessed),
        _attack("make a memory file", at_call(MEMORY_FILE), confessed),
        _attack("watch a folder", at_call(WATCH), confessed),
        _attack("load a library", at_call(LIBRARY), confessed),
        _attack("import from a file", at_call(IMPORT_FILE), confessed),
    ]


def _attack(name: str, payload: Payload, probe: Probe) -> Attack:
    return Attack(name, "files", "channel", payload, probe)


def _read(path: str) -> str:
    return READ.format(path=path)


def _read_proc(whose: str) -> str:
    return READ_PROCESS.format(whose=whose)


def _read_source(target: Target) -> str:
    return at_call(_read(repr(f"{evaluators.__path__[0]}/checking.py")))(target)
