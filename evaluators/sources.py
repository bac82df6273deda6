"""What code is in force: a digest of source files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType


def source_digest(*packages: ModuleType) -> str:
    """SHA-256 over the Python files of packages, by their paths inside of them."""
    sha = hashlib.sha256()
    for package in packages:
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            sha.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return sha.hexdigest()
