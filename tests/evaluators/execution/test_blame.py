"""Death in episode k of n is charged to k; the others score as if it had not happened."""

import pytest

from evaluators.contract import Span, Workload
from evaluators.execution.batching import independent_batches
from tests.executors import report_of
from tests.problems import GuessProblem

VICTIM = "search-2"
POLICY = """
import random
sys = random._os.sys
ctypes = sys.modules["ctypes"]
libc = ctypes.CDLL(None)

class Policy:
    def __init__(self):
        self.sum = 0.0

    def guess(self, step, last):
        self.sum += last
        if step == 3 and last == {trigger!r}:
            {effect}
        return self.sum / (step + 1)
"""


def policy(effect):
    workload = next(w for w in GuessProblem().workloads("search") if w.id == VICTIM)
    return POLICY.format(trigger=float(workload.content["series"][3]), effect=effect)


@pytest.fixture(scope="module")
def honest(guess):
    return report_of(guess, policy("pass"), "search")


@pytest.mark.parametrize(
    ("effect", "kind", "text"),
    [
        ("raise ValueError('here')", "crash", "ValueError: here\n  line 14 in guess"),
        ("libc._exit(0)", "crash", "ended its process with exit code 0"),
        ("ctypes.string_at(0)", "crash", "SIGSEGV"),
        ("while True: pass", "time", "a decision took longer than 0.25 s"),
        ("x = bytearray(1 << 30)", "memory", ""),
        ("libc.ptrace(0, 0, 0, 0)", "policy violation", "system call"),
    ],
)
def test_the_episode_that_was_served_is_charged(guess, honest, effect, kind, text):
    report = report_of(guess, policy(effect), "search")
    assert set(report.outcome.failures) == {VICTIM}
    assert report.outcome.failures[VICTIM].kind == kind
    assert text in report.outcome.failures[VICTIM].message
    for objective in ("error", "movement"):
        expected = dict(honest.outcome.values[objective])
        expected[VICTIM] = 1.0
        assert report.outcome.values[objective] == expected
    others = {k: t for k, t in honest.traces.items() if k != VICTIM}
    assert report.traces == others


@pytest.mark.parametrize(
    ("then", "kind"), [("pass", "crash"), ("while True: pass", "policy violation")]
)
def test_a_policy_that_closes_its_channel_fails(guess, then, kind):
    effect = f"random._os.closerange(3, 64)\n            {then}"
    outcome = report_of(guess, policy(effect), "search", workload_ids=(VICTIM,)).outcome
    assert outcome.failures[VICTIM].kind == kind


def test_after_three_deaths_the_rest_are_not_run(guess):
    source = POLICY.format(trigger=0.0, effect="pass").replace("last == 0.0", "True")
    deadly = source.replace("pass\n", "libc._exit(7)\n", 1)
    outcome = report_of(guess, deadly, "search").outcome
    kinds = [outcome.failures[w.id].kind for w in GuessProblem().workloads("search")]
    assert kinds == ["crash", "crash", "crash", "not run"]


def test_all_decisions_together_have_a_limit(guess):
    slow = "def guess(last):\n    for _ in range(5_000_000): pass\n    return last\n"
    outcome = report_of(guess, slow).outcome
    assert {f.kind for f in outcome.failures.values()} == {"time"}
    assert "all decisions together" in outcome.failures["tiny-0"].message


def workload(name, cluster, *spans):
    return Workload(name, "f", cluster, {}, tuple(Span("trace", *s) for s in spans))


def test_workloads_that_foretell_each_other_are_never_played_together():
    first, second, third, fourth = (
        workload("a", "x", (0, 10)),
        workload("b", "y", (5, 15)),
        workload("c", "z", (10, 20)),
        workload("d", "x", (30, 40)),
    )
    batches = independent_batches([first, second, third, fourth])
    assert [[w.id for w in batch] for batch in batches] == [["a", "c"], ["b", "d"]]
