"""A sealed child as the kernel sees it, read from outside before it has loaded its policy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from evaluators.sandbox import ladder, sealing
from evaluators.sandbox.channel import Child
from evaluators.sandbox.launcher import Rules
from evaluators.sandbox.wire import SignatureLayout
from tests.problems import GuessProblem

SECCOMP_FILTER = "2"


@pytest.fixture(scope="module", params=[(), ("namespaces",)], ids=["all layers", "no namespaces"])
def child(request):
    problem = GuessProblem()
    rules = Rules.of(problem)
    layers = ladder.choose_layers(unsafe_no_sandbox=False, without=request.param)
    zygote, _ = ladder.start(rules, layers)
    with Child(zygote, SignatureLayout(rules.signature), b"", 1, problem.deadlines) as sealed:
        assert sealed.load() is not None
        yield Path(f"/proc/{sealed._pid}")
    zygote.close()


def status(child):
    lines = (child / "status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


LIMITS = {
    "Max cpu time": "3",  # 1 s to load, 0.5 s for all decisions, 0.25 s for one; up, and 1 s more
    "Max processes": "0",
    "Max file size": "0",
    "Max core file size": "0",
    "Max locked memory": "0",
    "Max msgqueue size": "0",
    "Max stack size": str(8 << 20),
}


@pytest.mark.parametrize("name", LIMITS)
def test_soft_and_hard_limit(child, name):
    assert limits(child)[name] == [LIMITS[name]] * 2


def limits(child):
    lines = (child / "limits").read_text().splitlines()
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


def test_memory_is_what_was_mapped_and_what_the_problem_allows(child):
    mapped = int(status(child)["VmSize"][0]) << 10
    soft, hard = map(int, limits(child)["Max address space"])
    assert soft == hard
    assert abs(soft - mapped - (GuessProblem.deadlines.memory_mb << 20)) < 16 << 20


def test_descriptors_are_the_null_device_and_two_pipes(child):
    assert int(limits(child)["Max open files"][1]) < 20
    try:
        kinds = sorted(str(fd.readlink()).partition(":")[0] for fd in (child / "fd").iterdir())
    except PermissionError:
        pytest.skip("only root may look")
    assert kinds == ["/dev/null"] * 3 + ["pipe"] * 2


def test_privileges_are_gone(child):
    found = status(child)
    assert found["NoNewPrivs"] == ["1"]
    assert found["Seccomp"] == [SECCOMP_FILTER]
    assert int(found["CapEff"][0], 16) == int(found["CapPrm"][0], 16) == 0
    wanted = sealing.NOBODY if os.geteuid() == 0 else os.geteuid()
    assert found["Uid"] == [str(wanted)] * 4


def test_its_memory_is_nobodys_to_read(child):
    assert (child / "mem").stat().st_uid == 0  # of a process that may not be dumped
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            (child / "mem").open("rb")
