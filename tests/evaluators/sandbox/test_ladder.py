"""The self-test really tries; each layer that is taken away is noticed."""

from __future__ import annotations

import pytest

from evaluators.errors import UsageError
from evaluators.execution.local import LocalExecutor
from evaluators.sandbox import filter as seccomp
from evaluators.sandbox import ladder
from evaluators.sandbox.launcher import Layers, Rules, Zygote
from evaluators.sandbox.probe import ATTEMPTS
from evaluators.sandbox.sealing import landlock_abi
from tests.executors import report_of
from tests.problems import GUESS, GuessProblem

KILL_NOTHING = bytes.fromhex("0600000000 00ff7f".replace(" ", ""))  # return ALLOW


@pytest.fixture
def zygote_with():
    started = []

    def start(layers):
        started.append(Zygote(Rules.of(GuessProblem()), layers))
        return started[-1]

    yield start
    for zygote in started:
        zygote.close()


def test_with_seccomp_everything_is_refused(zygote_with):
    zygote = zygote_with(Layers(seccomp.shipped(), 0))
    assert ladder.self_test(zygote) == dict.fromkeys(ATTEMPTS, True)


def test_without_seccomp_the_self_test_notices(zygote_with):
    refused = ladder.self_test(zygote_with(Layers()))
    assert not refused["open"]
    assert not refused["socket"]
    assert not refused["executable memory"]


def test_landlock_alone_refuses_files(zygote_with):
    if not landlock_abi():
        pytest.skip("this kernel has no Landlock")
    refused = ladder.self_test(zygote_with(Layers(b"", landlock_abi())))
    assert refused["open"]
    assert not refused["executable memory"]


def test_a_filter_that_allows_is_no_sandbox(zygote_with):
    layers = Layers(KILL_NOTHING, 0)
    with pytest.raises(UsageError, match="does not hold: open, socket"):
        ladder.assess(zygote_with(layers), layers)


def test_a_filter_that_the_kernel_refuses_is_said(zygote_with):
    layers = Layers(b"\xff" * 8, 0)
    with pytest.raises(UsageError, match="refuses the seccomp filter"):
        ladder.assess(zygote_with(layers), layers)


def test_levels_by_layer(zygote_with):
    has_landlock = bool(landlock_abi())
    for layers, level in (
        (Layers(seccomp.shipped(), 0), "L1"),
        (Layers(seccomp.shipped(), landlock_abi()), "L2" if has_landlock else "L1"),
        (Layers(), "none"),
    ):
        sandbox = ladder.assess(zygote_with(layers), layers)
        assert sandbox.level == level
        assert sandbox.filter_sha256 == seccomp.sha256(layers.filter)
        assert "\n" not in sandbox.note


def test_a_layer_left_out_lowers_the_level():
    executor = LocalExecutor(GUESS, slots=1, without=["landlock"])
    try:
        report = report_of(executor, "def guess(last):\n    return last\n")
    finally:
        executor.close()
    assert executor.sandbox.level == report.sandbox.level == "L1"


def test_no_filter_for_the_machine_is_refused(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(UsageError, match="riscv64"):
        ladder.choose_layers(unsafe_no_sandbox=False)
    assert ladder.choose_layers(unsafe_no_sandbox=True) == Layers()


def test_elsewhere_than_on_linux_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(UsageError, match="on Darwin nothing would hold them") as refused:
        LocalExecutor(GUESS, slots=1)
    assert "container" in refused.value.hint
