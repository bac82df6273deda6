"""What the child knows of itself before it gives everything up."""

from __future__ import annotations

import mmap
import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.sandbox import sealing

MOST_BETWEEN_BYTES = 8 << 20  # what measuring itself may come to map


def test_mapped_bytes_is_what_the_kernel_counts():
    before = resource.getrlimit(resource.RLIMIT_AS)
    mapped = sealing.mapped_bytes()
    counted = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
    assert abs(mapped - counted) < MOST_BETWEEN_BYTES
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_addresses_are_fixed_where_the_machine_says_so():
    if run("setarch", platform.machine(), "-R", "true").returncode:
        pytest.skip("this machine does not let a process have fixed addresses")
    command = "from evaluators.sandbox import sealing; print(sealing.has_fixed_addresses())"
    plain = [sys.executable, "-c", command]
    assert run("setarch", platform.machine(), "-R", *plain).stdout == "True\n"
    assert run("setarch", platform.machine(), *plain).stdout == "False\n"


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)
