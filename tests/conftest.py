"""What all tests share: where real data lies, and how hard hypothesis tries."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.nodes import nodes
from tests.postgres import postgres

__all__ = ["data_dir", "nodes", "postgres"]
EXAMPLES = 50
IS_SOAK = os.environ.get("ADRS_SOAK") == "1"
SOAK_FACTOR = 10 if IS_SOAK else 1

# Whatever is started in a shell's background ignores Ctrl-C, and so do its children: the tests that
# press it would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "adrs",
    max_examples=EXAMPLES * SOAK_FACTOR,
    deadline=None,  # the machine may be shared: no test asserts a time
    derandomize=True,
    database=None,
)
settings.load_profile("adrs")


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What programs keep on this machine is kept apart, and gone with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real files, or a skip that says how to name it."""
    path = os.environ.get("ADRS_DATA_DIR")
    if not path:
        pytest.skip("needs real traces: set ADRS_DATA_DIR to the folder that holds traces/")
    return Path(path)
