"""A table of the user's own: it is played in blocks, or it is said which line is wrong."""

from __future__ import annotations

import gzip

import pytest

from evaluators.errors import UsageError
from evaluators.problems.prefix_reordering.parameters import PrefixParameters
from evaluators.problems.prefix_reordering.problem import PrefixReordering
from evaluators.problems.prefix_reordering.table import table_of
from evaluators.problems.prefix_reordering.table_file import read_rows, whole_table
from evaluators.testing import ProblemContract

HEAD = "name,note,stars\n"
ROWS = [f"item {k // 7},note {k},{k % 5}" for k in range(205)]
GOOD = HEAD + "\n".join(ROWS) + "\n"
BLOCKS = PrefixParameters(block_rows=20)
SPLITS = ("search", "selection", "sealed")


@pytest.fixture(scope="module", autouse=True)
def _file(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    path.write_text(HEAD + "\n".join(f"item {k // 7},note {k},{k % 5}" for k in range(5000)))
    TestTableFile.workload_file = str(path)


class TestTableFile(ProblemContract):
    def problem(self):
        return PrefixReordering(workload_file=self.workload_file)


def of(tmp_path, text, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return PrefixReordering(BLOCKS, workload_file=str(path))


def cells_of(workload):
    table = table_of(workload.content)
    return [[table.text[value] for value in row] for row in table.value.tolist()]


def test_blocks_are_disjoint_and_in_the_order_of_the_file(tmp_path):
    problem = of(tmp_path, GOOD)
    ids = {split: [w.id for w in problem.workloads(split)] for split in SPLITS}
    assert ids == {
        "search": ["file-1-20", "file-21-40", "file-41-60", "file-61-80"],
        "selection": ["file-81-100", "file-101-120", "file-121-140"],
        "sealed": ["file-141-160", "file-161-180", "file-181-200"],
    }
    cells = [row for split in SPLITS for w in problem.workloads(split) for row in cells_of(w)]
    assert cells == [line.split(",") for line in ROWS[:200]]


def test_a_compressed_file_is_the_same(tmp_path):
    plain, packed = of(tmp_path, GOOD), of(tmp_path, gzip.compress(GOOD.encode()), "table.csv.gz")
    for split in SPLITS:
        digests = [[w.digest for w in p.workloads(split)] for p in (plain, packed)]
        assert digests[0] == digests[1]


def test_cells_may_hold_anything_that_csv_can(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('\ufeffa,b\n"one, two","line\nbreak"\n"""quoted""",\n日本,é\n', "utf-8")
    rows = [["one, two", "line\nbreak"], ['"quoted"', ""], ["日本", "é"]]
    assert read_rows(str(path)) == rows
    assert cells_of(whole_table(str(path))) == rows


def test_only_what_is_served_can_be_varied_of_a_file(tmp_path):
    problem = of(tmp_path, GOOD)
    assert {v.axis for v in problem.variations()} == {"load", "cache"}
    assert all(w.id.startswith("tiny") for w in problem.workloads("tiny"))


SHORT = HEAD + "a,b,1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv:1: 0 fields"),
        ("a\n1\n", "table.csv:1: 1 fields"),
        (",".join("x" * 65) + "\n", "table.csv:1: 65 fields"),
        (HEAD, "table.csv has no rows"),
        (SHORT + "a,b\n", "table.csv:3: 2 values"),
        (SHORT + "a,b,c,d\n", "table.csv:3: 4 values"),
        (SHORT + "\na,b,c\n", "table.csv:3: 0 values"),
        (SHORT + "a," + "b" * 20_001 + ",c\n", "table.csv:3: note is longer than 20000"),
        (SHORT + "a," + "b" * 200_000 + ",c\n", "table.csv:3: field larger than"),
        (SHORT + 'a,"b"c,d\n', "table.csv:3: .*expected"),
        (SHORT + 'a,"b\n', "table.csv:3: unexpected end of data"),
        (SHORT * 30, "table.csv has 59 rows, expected at least 5 blocks of 20"),
        (HEAD + ",,\n" * 100, "table.csv: rows 1 to 20 are all empty"),
        (SHORT * 100, "table.csv: '21-40' is the same block as '1-20'"),
        (SHORT.encode() + b"a,\xff,c\n", "table.csv:3: no UTF-8 text"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-9], "table.csv is no whole gzip file"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        of(tmp_path, text)
    assert caught.value.hint


@pytest.mark.parametrize("path", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, path):
    with pytest.raises(UsageError, match="cannot read"):
        PrefixReordering(BLOCKS, workload_file=str(tmp_path / path))


def test_too_few_rows_say_which_size_of_blocks_would_do(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(GOOD)
    with pytest.raises(UsageError, match="has 205 rows") as caught:
        PrefixReordering(workload_file=str(path))
    assert caught.value.hint == "--param block_rows=20 makes 10 blocks"
