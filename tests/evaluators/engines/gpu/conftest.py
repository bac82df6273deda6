"""A CPU as the device, locked in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evaluators.engines.gpu.device import Device, open_device


@pytest.fixture
def torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """PyTorch, or a skip; devices are locked in a folder of this test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return pytest.importorskip("torch", reason="needs PyTorch: pip install torch")


@pytest.fixture
def device(torch: Any) -> Iterator[Device]:
    with closing(open_device("cpu")) as opened:
        yield opened
