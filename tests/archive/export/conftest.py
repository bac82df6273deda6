"""The marker of tests that need PyTorch."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "torch: needs PyTorch, run by make test-torch")
