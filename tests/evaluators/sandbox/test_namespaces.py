"""The zygote inside bubblewrap: what it reaches, who it is told to be, how it ends."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from evaluators.execution.local import LocalExecutor
from evaluators.sandbox import ladder, namespaces
from evaluators.sandbox.channel import Child
from evaluators.sandbox.launcher import Layers, Rules, SandboxError, Zygote
from evaluators.sandbox.wire import SignatureLayout
from tests.executors import report_of
from tests.problems import GUESS, GuessProblem

HONEST = b"def guess(last):\n    return last\n"
PROJECT = Path(__file__).parents[3]
WITHOUT_BUBBLEWRAP = "/nonexistent"


@pytest.fixture(scope="module")
def rules():
    return Rules.of(GuessProblem())


@pytest.fixture
def inside(rules):
    """A zygote in namespaces and without any other layer."""
    skip_unless_namespaces_work()
    zygote = Zygote(rules, Layers(namespaces=True))
    yield zygote
    zygote.close()


def skip_unless_namespaces_work():
    if not namespaces.program():
        pytest.skip("bubblewrap is not installed")
    command = [namespaces.program(), "--unshare-pid", "--unshare-net", "--bind", "/", "/", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")


def put_in_place_of_bubblewrap(script, monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def started(rules, layers):
    zygote, sandbox = ladder.start(rules, layers)
    zygote.close()
    return sandbox


def test_namespaces_alone_refuse_files(inside):
    refused = ladder.self_test(inside)
    assert refused["open"]
    assert not refused["executable memory"]


def test_bubblewrap_is_in_force_where_it_works(rules):
    skip_unless_namespaces_work()
    sandbox = started(rules, ladder.choose_layers(unsafe_no_sandbox=False))
    assert "namespaces" in sandbox.note.partition(";")[0]


def test_nothing_but_python_is_there(tmp_path):
    skip_unless_namespaces_work()
    script = (
        "import os\n"
        "for path in ('/etc/passwd', '/proc', '/sys', '/dev', SECRET, PROBLEMS):\n"
        "    assert not os.path.exists(path), path\n"
        "assert os.listdir(EVALUATORS) == ['sandbox']\n"
        "for folder in ('/', EVALUATORS, os.path.dirname(os.__file__)):\n"
        "    try:\n"
        "        open(folder + '/x', 'w')\n"
        "    except OSError:\n"
        "        continue\n"
        "    raise SystemExit(folder + ' can be written to')\n"
    )
    evaluators = Path(namespaces.__file__).resolve().parent.parent
    secret = tmp_path / "secret"
    secret.touch()
    names = (
        f"SECRET, EVALUATORS = {str(secret)!r}, {str(evaluators)!r}\n"
        "PROBLEMS = EVALUATORS + '/problems'\n"
    )
    command = [*namespaces.wrapper([]), sys.executable, "-S", "-c", names + script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_not_even_the_machines_own_addresses_are_there():
    skip_unless_namespaces_work()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        script = (
            "import socket\n"
            f"try: socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}))\n"
            "except OSError: raise SystemExit(0)\n"
            "raise SystemExit('connected')\n"
        )
        plain = [sys.executable, "-S", "-c", script]
        assert run(*plain) == "connected\n", "no positive control"
        assert run(*namespaces.wrapper([]), *plain) == ""


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False).stderr


def test_a_child_is_known_by_its_pid_outside(inside, rules):
    layout = SignatureLayout(rules.signature)
    with Child(inside, layout, HONEST, 1, rules.deadlines) as child:
        parent = Path(f"/proc/{child._pid}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) == inside.pids[-1]
        assert child.load() is None
        assert child.total_cpu_s() > 0


@pytest.mark.parametrize("victim", [0, -1], ids=["bubblewrap", "zygote"])
def test_one_does_not_outlive_the_other(rules, inside, victim):
    pidfds = [os.pidfd_open(pid) for pid in inside.pids]
    os.kill(inside.pids[victim], signal.SIGKILL)
    for pidfd in pidfds:
        wait_for_end(pidfd)
    with pytest.raises(SandboxError):
        Child(inside, SignatureLayout(rules.signature), HONEST, 1, rules.deadlines)


def test_all_die_with_the_evaluator():
    executor = LocalExecutor(GUESS, slots=1)
    pidfds = executor._all[0]._process.zygote_pidfds
    copies = [os.dup(pidfd) for pidfd in pidfds]
    executor._all[0]._process.kill()
    for pidfd in copies:
        wait_for_end(pidfd)
    executor.close()


def wait_for_end(pidfd):
    ended = select.poll()
    ended.register(pidfd, select.POLLIN)
    assert ended.poll(10_000), "it lives on"
    os.close(pidfd)


def test_without_bubblewrap_its_absence_is_said(rules, monkeypatch):
    monkeypatch.setenv("PATH", WITHOUT_BUBBLEWRAP)
    sandbox = started(rules, ladder.choose_layers(unsafe_no_sandbox=False))
    assert sandbox.level < "L3"
    assert "installing bubblewrap would add namespaces" in sandbox.note


def test_where_bubblewrap_does_not_work_the_rest_holds(rules, monkeypatch, tmp_path):
    refusal = "bwrap: No permissions to create new namespace"
    put_in_place_of_bubblewrap(f"echo '{refusal}' >&2; exit 1", monkeypatch, tmp_path)
    sandbox = started(rules, ladder.choose_layers(unsafe_no_sandbox=False))
    assert sandbox.level < "L3"
    assert f"no namespaces here ({refusal}): safe to go on" in sandbox.note


def test_in_a_container_that_refuses_namespaces_the_rest_holds():
    container = [
        "bwrap",
        *"--dev-bind / / --unshare-user --disable-userns --cap-drop ALL --".split(),
    ]
    if not namespaces.program() or subprocess.run([*container, "true"], check=False).returncode:
        pytest.skip("needs bubblewrap 0.8 and user namespaces")
    script = (
        "from evaluators.execution.local import LocalExecutor\n"
        "from tests.problems import GUESS\n"
        "executor = LocalExecutor(GUESS, slots=1)\n"
        "print(executor.sandbox.note)\n"
        "executor.close()\n"
    )
    command = [*container, sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PROJECT)
    assert "no namespaces here (bwrap: Creating new namespace failed" in done.stdout, done.stderr


def test_namespaces_that_leave_something_in_reach_are_none(rules, monkeypatch, tmp_path):
    script = 'while [ "$1" != -- ]; do shift; done; shift\nexec unshare --pid --fork -- "$@"'
    put_in_place_of_bubblewrap(script, monkeypatch, tmp_path)
    if subprocess.run(["unshare", "--pid", "--fork", "true"], check=False).returncode:
        pytest.skip("no namespaces here")
    sandbox = started(rules, ladder.choose_layers(unsafe_no_sandbox=False))
    assert sandbox.level < "L3"
    assert "bubblewrap leaves files" in sandbox.note


def test_every_level_gives_the_same_score():
    found = {}
    for without in ((), ("namespaces",), ("landlock", "namespaces")):
        executor = LocalExecutor(GUESS, slots=1, without=without)
        try:
            report = report_of(executor, GuessProblem().baselines()["smooth"].source, "search")
        finally:
            executor.close()
        exact = {name: report.outcome.values[name] for name in ("error", "movement")}
        found[report.sandbox.level] = (report.traces, exact)
    assert "L1" in found
    assert all(f == found["L1"] for f in found.values())
