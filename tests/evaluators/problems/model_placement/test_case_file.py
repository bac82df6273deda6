"""A file of the user's own: it is played, or it is said which line is wrong."""

from __future__ import annotations

import pytest

from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.problems.model_placement.parameters import PlacementParameters
from evaluators.problems.model_placement.problem import ModelPlacement
from evaluators.testing import ProblemContract

HEAD = "case,num_gpus,size_gb,request_rate,slo_s,previous\n"
GOOD = HEAD + "".join(
    f"{name},2,{20 + k},{1 + k},5,0\n{name},2,30,4,{1 + k},0\n{name},2,25,9,10,1\n"
    for k, name in enumerate("abcdefgh")
)


@pytest.fixture(scope="module", autouse=True)
def _file(tmp_path_factory):
    path = tmp_path_factory.mktemp("cases") / "cases.csv"
    path.write_text(GOOD)
    TestCaseFile.workload_file = str(path)


class TestCaseFile(ProblemContract):
    def problem(self):
        return ModelPlacement(workload_file=self.workload_file)


def of(tmp_path, text, **parameters):
    path = tmp_path / "cases.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return ModelPlacement(PlacementParameters(**parameters), str(path))


def test_cases_are_cut_in_the_order_of_the_file(tmp_path):
    problem = of(tmp_path, GOOD)
    ids = {s: [w.id for w in problem.workloads(s)] for s in ("search", "selection", "sealed")}
    assert ids == {
        "search": [f"file-{n}" for n in "abcde"],
        "selection": ["file-f"],
        "sealed": ["file-g", "file-h"],
    }
    assert not problem.variations()
    for w in problem.workloads("search"):
        limit = problem.limits(w)["max_pressure"]
        measured, _ = play(problem, w, problem.baselines()["local_search"])
        assert limit.kind == "optimum"
        assert measured.values["max_pressure"] >= limit.value - 1e-9


def test_models_of_a_case_may_be_anywhere_and_columns_in_any_order(tmp_path):
    lines = [line.split(",") for line in GOOD.splitlines()[1:]]
    turned = "\ufeffslo_s, case, num_gpus, size_gb, request_rate, previous\n" + "\n".join(
        ",".join([row[4], *row[:4], row[5]]) for row in sorted(lines, key=lambda r: r[2])
    )
    problem = of(tmp_path, turned)
    assert sum(len(problem.workloads(s)) for s in ("search", "selection", "sealed")) == 8


def test_memory_is_a_parameter(tmp_path):
    tight = GOOD.replace("a,2,20,", "a,2,50,")
    with pytest.raises(UsageError, match="leaves no memory") as caught:
        of(tmp_path, tight)
    assert "gpu_memory_gb" in caught.value.hint
    w = of(tmp_path, tight, gpu_memory_gb=96).workloads("search")[0]
    assert w.content["gpu_memory_gb"] == 96


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cases.csv:1: columns missing"),
        ("a,b\n1,2\n", r"cases.csv:1: columns \['a', 'b'\]"),
        (HEAD + "a,2,5,6,7\n", "cases.csv:2: not 6 values"),
        (HEAD + "a,2,5,6,7,0,1\n", "cases.csv:2: not 6 values"),
        (HEAD + "a,2,5,6,7,0\na,2,0,6,7,0\n", "cases.csv:3: size_gb is '0'"),
        (HEAD + "a,2,1e1,6,7,0\n", "cases.csv:2: size_gb is '1e1'"),
        (HEAD + "a,2,5,6,11,0\n", "cases.csv:2: slo_s is '11'"),
        (HEAD + "a,2,5,1_0,7,0\n", "request_rate is '1_0'"),
        (HEAD + "a,2,5,6,7,-1\n", "cases.csv:2: previous is '-1'"),
        (HEAD + "a,2,5,6,7,0\n" * 5, "has 1 cases, expected at least 5"),
        (HEAD + "a,2,5,6,7," + "9" * 10**6 + "\n", "cases.csv:2: field larger than"),
        (HEAD + "a,2,5,6,7," + "9" * 10**4 + "\n", r"cases.csv:2: previous is '9{20}\.\.\.'"),
        (GOOD + "x,2,5,6,7,2\n", "cases.csv:26: previous is 2, there are 2 GPUs"),
        (GOOD + "a,3,5,6,7,2\n", "cases.csv:26: num_gpus is 3, case 'a' had 2"),
        (GOOD + "x,2,40,6,7,0\nx,2,41,1,7,0\n", "cases.csv:26: case 'x' as it is: GPU 0"),
        (GOOD + "x,2,40,6,7,0\nx,2,40,1,7,0\n", "cases.csv:26: case 'x' leaves no memory"),
        (GOOD + "x,32,1,1,1,0\n" * 129, "cases.csv:154: case 'x' has more than 128 models"),
        (GOOD + "x,2,20,1,5,0\nx,2,30,4,1,0\nx,2,25,9,10,1\n", "'x' is the same case as 'a'"),
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
        ModelPlacement(workload_file=str(tmp_path / "none.csv"))
