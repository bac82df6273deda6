"""How long `adrs browse` takes to its first paint: the list of runs, and a run opened at once.

Run: python tests/bench/bench_browse.py [ENTRIES]
"""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.archive.browse.archives import fill_crowd, fill_small

ENTRIES = 100_000
REPEATS = 3
LATEST_S = 120.0
CASES = {"list of runs": ([], b"queues"), "run of {} entries": (["crowd"], b"front")}


def first_paint(words: list[str], folder: Path, text: bytes) -> tuple[float, float]:
    """Seconds of wall clock and of CPU until a text stands on a terminal of 80x24."""
    began_s = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = {**os.environ, "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"}
        command = [sys.executable, "-m", "evolve.cli.main", "browse", *words]
        os.execve(sys.executable, command, environment)
    seen = b""
    while text not in seen:
        if not select.select([terminal], [], [], LATEST_S)[0]:
            raise TimeoutError(seen[-500:])
        seen += os.read(terminal, 65536)
    wall_s, cpu_s = time.perf_counter() - began_s, _cpu_s(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    return wall_s, cpu_s


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(entries: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_small(folder / "runs")
        fill_crowd(folder / "runs", entries)
        for title, (words, text) in CASES.items():
            wall_s, cpu_s = min(first_paint(words, folder, text) for _ in range(REPEATS))
            print(f"{title.format(entries):<28} {wall_s:.2f} s to the first paint, CPU {cpu_s:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else ENTRIES)
