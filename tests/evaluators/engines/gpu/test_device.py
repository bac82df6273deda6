"""A device by its name, or one line on what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluators.engines.gpu.device import Device, open_device
from evaluators.errors import UsageError


@pytest.mark.parametrize("name", ["gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", "cpu:0", ""])
def test_a_name_that_means_no_device_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no device is called") as refused:
        open_device(name)
    assert "cuda:N" in refused.value.hint


@pytest.mark.parametrize("name", ["cpu", "cuda:0"])
def test_without_pytorch_one_line_says_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError) as refused:
        open_device(name)
    assert refused.value.message == f"device {name}: PyTorch is not installed"
    assert "pip install torch" in refused.value.hint


@pytest.mark.torch
def test_without_a_gpu_one_line_says_so(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UsageError) as refused:
        open_device("cuda:0")
    assert f"device cuda:0: PyTorch {torch.__version__}" in refused.value.message
    assert "finds no GPU" in refused.value.message


@pytest.mark.torch
def test_a_gpu_that_is_not_there_is_refused(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(UsageError, match="cuda:2: there are 2 GPUs") as refused:
        open_device("cuda:2")
    assert "cuda:0 .. cuda:1" in refused.value.hint


@pytest.mark.torch
def test_a_cpu_is_a_device_with_facts_and_is_locked(device: Device, torch: Any) -> None:
    assert f"PyTorch {torch.__version__}" in device.facts
    assert not device.is_gpu
    with pytest.raises(UsageError, match="in use by process"):
        open_device("cpu")
    device.close()
    open_device("cpu").close()


@pytest.mark.torch
@pytest.mark.usefixtures("torch")
def test_it_is_locked_in_the_folder_for_temporary_files(tmp_path: Path) -> None:
    opened = open_device("cpu")
    assert [p.name.startswith("adrs-device-cpu-") for p in tmp_path.glob("*.lock")] == [True]
    opened.close()
