"""A file of the user's own: it is played, or it is said which line is wrong."""

from __future__ import annotations

import pytest

from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.problems.single_machine_tardiness.problem import SingleMachineTardiness
from evaluators.testing import ProblemContract

HEAD = "instance,processing_time,due_date\n"
GOOD = HEAD + "".join(
    f"{name},{5 + k},{2 * k}\n{name},{3 + k},4\n{name},7,{9 + k}\n"
    for k, name in enumerate("abcdefgh")
)


@pytest.fixture(scope="module", autouse=True)
def _file(tmp_path_factory):
    path = tmp_path_factory.mktemp("jobs") / "jobs.csv"
    path.write_text(GOOD)
    TestJobFile.workload_file = str(path)


class TestJobFile(ProblemContract):
    def problem(self):
        return SingleMachineTardiness(workload_file=self.workload_file)


def of(tmp_path, text):
    path = tmp_path / "jobs.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return SingleMachineTardiness(workload_file=str(path))


def test_instances_are_cut_in_the_order_of_the_file(tmp_path):
    problem = of(tmp_path, GOOD)
    ids = {s: [w.id for w in problem.workloads(s)] for s in ("search", "selection", "sealed")}
    assert ids == {
        "search": [f"file-{n}" for n in "abcde"],
        "selection": ["file-f"],
        "sealed": ["file-g", "file-h"],
    }
    assert not problem.variations()
    for w in problem.workloads("search"):
        measured, _ = play(problem, w, problem.baselines()["mdd_insertion"])
        limits = problem.limits(w)
        assert limits["log_total_tardiness"].kind == "optimum"
        assert measured.values["log_total_tardiness"] >= limits["log_total_tardiness"].value - 1e-9


def test_jobs_of_an_instance_may_be_anywhere_and_columns_in_any_order(tmp_path):
    lines = GOOD.splitlines()[1:]
    turned = "\ufeffdue_date, instance, processing_time\n" + "\n".join(
        ",".join((d, name, p))
        for name, p, d in (line.split(",") for line in sorted(lines, key=len))
    )
    assert (
        sum(len(of(tmp_path, turned).workloads(s)) for s in ("search", "selection", "sealed")) == 8
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "jobs.csv:1: columns missing"),
        ("a,b\n1,2\n", r"jobs.csv:1: columns \['a', 'b'\]"),
        (HEAD + "a,5\n", "jobs.csv:2: not 3 values"),
        (HEAD + "a,5,6,7\n", "jobs.csv:2: not 3 values"),
        (HEAD + "a,5,6\na,0,6\n", "jobs.csv:3: processing_time is '0'"),
        (HEAD + "a,1e3,6\n", "jobs.csv:2: processing_time is '1e3'"),
        (HEAD + "a,5,-1\n", "jobs.csv:2: due_date is '-1'"),
        (HEAD + "a,5," + "9" * 10**6 + "\n", "jobs.csv:2: field larger than"),
        (HEAD + "a,5," + "9" * 10**4 + "\n", r"jobs.csv:2: due_date is '9{20}\.\.\.'"),
        (HEAD + "a,5,1_0\n", "due_date is '1_0'"),
        (HEAD + "a,5,6\n" * 501, "jobs.csv:502: instance 'a' has more than 500 jobs"),
        (HEAD + "a,5,1\n", "has 1 instances, expected at least 5"),
        (GOOD + "late,5,600\n", "jobs.csv:26: instance 'late' has nothing to decide"),
        (GOOD + "a2,5,0\na2,3,4\na2,7,9\n", "'a2' is the same instance as 'a'"),
        (b"\xff\xfe\x00", "line 1: byte 0xff is not UTF-8"),
    ],
    ids=lambda x: str(x)[:30],
)  # fmt: skip
def test_a_bad_file_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        of(tmp_path, text)
    assert caught.value.hint


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        SingleMachineTardiness(workload_file=str(tmp_path / "none.csv"))
