"""A device is one process's at a time, and the next one is told whose."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.engines.gpu.lock import DeviceLock
from evaluators.errors import UsageError

HOLDS = """
import sys, time
from pathlib import Path
from evaluators.engines.gpu.lock import DeviceLock
lock = DeviceLock("cuda:0", "GPU-1", Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_another_process_is_told_who_holds_it_until_that_one_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError) as refused:
            DeviceLock("cuda:0", "GPU-1", tmp_path)
        assert f"is in use by process {holder.pid} of user {os.getuid()}" in refused.value.message
        assert "GPU-1" in refused.value.message
        holder.kill()
    DeviceLock("cuda:0", "GPU-1", tmp_path).close()


def test_another_device_is_free_and_a_closed_one_is_again(tmp_path: Path) -> None:
    first = DeviceLock("cuda:0", "GPU-1", tmp_path)
    DeviceLock("cuda:1", "GPU-2", tmp_path).close()
    first.close()
    DeviceLock("cuda:0", "GPU-1", tmp_path).close()


def test_other_users_may_use_the_file(tmp_path: Path) -> None:
    DeviceLock("cuda:0", "GPU-1", tmp_path).close()
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o666


def test_what_is_started_later_does_not_inherit_it(tmp_path: Path) -> None:
    lock = DeviceLock("cuda:0", "GPU-1", tmp_path)
    with subprocess.Popen(["sleep", "600"], close_fds=False) as child:
        lock.close()
        DeviceLock("cuda:0", "GPU-1", tmp_path).close()
        child.kill()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder") as refused:
        DeviceLock("cuda:0", "GPU-1", tmp_path / "gone")
    assert "TMPDIR" in refused.value.hint


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / "adrs-device-GPU-1.lock").symlink_to(target)
    with pytest.raises(UsageError):
        DeviceLock("cuda:0", "GPU-1", tmp_path)
    assert target.read_text() == "precious"
