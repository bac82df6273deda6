"""Builds the wheel and lists it. As a program: prints the listing that the golden file holds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(folder: Path) -> Path:
    """The path of a wheel built into `folder`, without network or build isolation."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def listing(wheel: Path) -> list[str]:
    """The files in a wheel but for its metadata, sorted."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(name for name in archive.namelist() if ".dist-info/" not in name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(listing(build_wheel(Path(folder)))))
