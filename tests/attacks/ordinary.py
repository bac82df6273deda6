"""The whole battery as an ordinary user: run by an interpreter that such a user may run.

The tests often run as root in a home that nobody else may enter; then an environment of the
system's Python is made beside the packages that are installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USER = 65534
SYSTEM_PATH = "/usr/bin:/usr/local/bin:/bin"


def interpreter_for(folder):
    """A Python of this version that the user may run, with this one's packages; or None."""
    if may_run(sys.executable):
        return sys.executable
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = shutil.which(name, path=SYSTEM_PATH)
    if base is None:
        return None
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "paths.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    python = str(folder / "bin" / "python")
    return python if may_run(python) else None


def may_run(python):
    """Whether the user may run it, and read the project and its packages with it."""
    return run_as_user([python, "-c", "import numpy, evaluators.redteam.battery"]).returncode == 0


def run_as_user(command):
    """The command's result as an ordinary user's."""
    identity = {} if os.geteuid() else {"user": USER, "group": USER, "extra_groups": []}
    try:
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
            env={"PATH": SYSTEM_PATH, "HOME": "/nonexistent"}, **identity,
        )  # fmt: skip
    except PermissionError as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def main():
    """Print who this is, the level in force and what got through."""
    from tests.attacks.contained import got_through
    from tests.problems import GUESS

    without = sys.argv[1:]
    sandbox, through = got_through(GUESS, without)
    print(json.dumps({"user": os.geteuid(), "level": sandbox.level, "through": through}))


if __name__ == "__main__":
    main()
