"""A user's workloads, and files of the published form: played, or told what is wrong where."""

from __future__ import annotations

import json

import pytest

from evaluators.errors import UsageError
from evaluators.playing import play
from evaluators.problems.transaction_scheduling.problem import TransactionScheduling
from evaluators.problems.transaction_scheduling.simulator import IDLE, Transactions
from evaluators.testing import ProblemContract

GOOD = '{"txn0": "w-17 r-5 * r-4", "txn1": "r-17 w-10 w-17", "txn2": "w-4"}'


def numbered(number):
    """As many transactions more as the number says: no answer fits two of them."""
    more = {f"d{i}": "r-1 w-2" for i in range(number)}
    return json.dumps({"a": f"w-{number} r-1", "b": "r-1 w-2 w-1", "c": "w-1 r-3 r-4"} | more)


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workloads")
    for number in range(5):
        (folder / f"w{number}.json").write_text(numbered(number))
    TestFolder.workload_file = str(folder)


class TestFolder(ProblemContract):
    def problem(self):
        return TransactionScheduling(workload_file=self.workload_file)


def of(tmp_path, text, name="w.json"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return TransactionScheduling(workload_file=str(path))


def batch_of(problem):
    (workload,) = problem.workloads("sealed")
    return Transactions(**workload.content)


def test_operations_are_read_as_they_stand(tmp_path):
    assert batch_of(of(tmp_path, GOOD)).operations() == [
        [(0, True), (1, False), (IDLE, False), (2, False)],
        [(0, False), (3, True), (0, True)],
        [(2, True)],
    ]


def test_keys_are_any_text(tmp_path):
    text = '{"a": "r-x-1 w-π", "b": "w-x-1"}'
    assert batch_of(of(tmp_path, text)).operations() == [[(0, False), (1, True)], [(0, True)]]


def test_a_folder_is_cut_in_the_order_of_its_names():
    problem = TransactionScheduling(workload_file=TestFolder.workload_file)
    ids = {s: [w.id for w in problem.workloads(s)] for s in ("search", "selection", "sealed")}
    assert ids == {
        "search": ["file-w0", "file-w1", "file-w2"],
        "selection": ["file-w3"],
        "sealed": ["file-w4"],
    }


def test_texts_in_a_python_file_are_read_and_nothing_is_run(tmp_path):
    text = (
        f"import nothing_of_the_kind\n\nWORKLOAD_1 = '''{GOOD}'''\nNUMBER = 3\n"
        f"WORKLOAD_2 = ({numbered(1)[:20]!r}\n    {numbered(1)[20:]!r})\n"
    )
    problem = of(tmp_path, text, "workloads.py")
    sealed = problem.workloads("sealed")
    assert [w.id for w in sealed] == ["file-WORKLOAD_1", "file-WORKLOAD_2"]
    drawn = TransactionScheduling()
    for split in ("search", "selection"):
        pairs = zip(problem.workloads(split), drawn.workloads(split), strict=True)
        assert all(v.digest == w.digest for v, w in pairs)
    for w in sealed:
        measured, _ = play(problem, w, problem.baselines()["insertion"])
        limit = problem.limits(w)["log_makespan"]
        assert limit.kind == "optimum"
        assert measured.values["log_makespan"] >= limit.value


def test_a_large_workload_fits_the_signature(tmp_path):
    large = json.dumps({str(t): " ".join(["r-1"] * 200) for t in range(150)})
    problem = of(tmp_path, large)
    assert problem.signature.maxima == {"transactions": 150, "operations": 30_000}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "w.json: no JSON: Expecting value: line 1"),
        ('{"a": "r-1",\n "b" "r-2"}', "w.json: no JSON: .* line 2 column 6"),
        ("[" * 10**5, "w.json: no JSON"),
        ('["r-1"]', "w.json: no JSON object"),
        ('{"a": "r-1"}', "w.json: 1 transactions"),
        (json.dumps({str(t): "r-1" for t in range(501)}), "w.json: 501 transactions"),
        ('{"a": "r-1", "a": "r-2"}', "w.json: 'a' is there twice"),
        ('{"a": "r-1", "b": 3}', "w.json: 'b' is 3"),
        ('{"a": "r-1", "b": {"c": 1}}', r"w.json: 'b' is \(\('c', 1\),\)"),
        ('{"a": "r-1", "b": " "}', "w.json: 'b' is ' '"),
        ('{"a": "r-1", "b": "' + "r-1 " * 1001 + '"}', "w.json: 'b' is 'r-1 r-1"),
        ('{"a": "r-1", "b": "r-1 x-2"}', "w.json: 'b': operation 'x-2'"),
        ('{"a": "r-1", "b": "w"}', "w.json: 'b': operation 'w'"),
        ('{"a": "r-1", "b": "r-"}', "w.json: 'b': operation 'r-'"),
        (b"\xff\xfe\x00", "w.json, line 1: byte 0xff is not UTF-8"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        of(tmp_path, text)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A = 'r-1'\n\nB = (", "workloads.py is no Python"),
        ("A = 1\n", "workloads.py holds no workload"),
        (f"A = '{GOOD}'\n\nB = 'r-1'\n", "workloads.py:3: no JSON"),
        (f"A = '{GOOD}'\nB = '{GOOD}'\n", "'B' is the same workload as 'A'"),
    ],
)
def test_a_bad_python_file_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        of(tmp_path, text, "workloads.py")
    assert caught.value.hint


def test_nothing_to_read(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        TransactionScheduling(workload_file=str(tmp_path / "none.json"))
    with pytest.raises(UsageError, match="holds no workload"):
        TransactionScheduling(workload_file=str(tmp_path))
