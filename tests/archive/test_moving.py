"""Runs that move between stores arrive as they were, or not at all."""

import dataclasses
import gzip

import pytest

from archive.entry import Candidate, Commit
from archive.moving import export_runs, import_runs
from archive.store.folder import FolderStore
from archive.store.names import MOST_CHARACTERS
from archive.store.places import store_at
from archive.store.texts import digest_of, line, lines_of
from archive.testing import RECORD, call, call_end, evaluation, proposal
from evaluators.contract import Failure, Score
from evaluators.errors import UsageError

OTHER = dataclasses.replace(RECORD, name="r2", configuration={"text": "\x00\udc80"})


def fill(store, record=RECORD):
    """A run with every kind of row, and with every kind of awkward text and number."""
    with store.create(record) as journal:
        said = dataclasses.replace(proposal(1), idea="\x00 \ud800", seen=2)
        for p in (said, proposal(2)):
            journal.add_proposal(p)
        unproposed = proposal(3)
        journal.add_candidate(Candidate(unproposed.source, unproposed.digest, "n3"))
        journal.add_evaluation(evaluation(unproposed.digest))
        journal.add_evaluation(evaluation(proposal(2).digest))
        journal.add_evaluation(evaluation(said.digest, Failure("time", "“2 s” \udc80")))
        nan = Score({"gain": {"w0": float("nan"), "w1": float("-inf"), "w2": -0.0}})
        journal.add_evaluation(evaluation(said.digest, nan, repeat=1))
        journal.add_commit(Commit(1, 2, "front"))
        journal.add_commit(Commit(2, 1, "failed"))
        journal.add_call(call(1))
        journal.add_call_end(call_end(1))
        journal.add_opening("report", ["d1"], "t1")
        journal.add_note("stop", {"reason": "x"}, "t2")
        journal.add_message("hint", {"text": "“x” \x00"}, "t3")


def lines(store, name):
    with store.open(name) as journal:
        return list(lines_of(journal))


@pytest.fixture
def folder(tmp_path):
    store = FolderStore(tmp_path / "runs")
    fill(store)
    fill(store, OTHER)
    return store


def test_runs_move_from_store_to_store_and_back(folder, postgres, tmp_path):
    server, back = store_at(postgres.emptied()), FolderStore(tmp_path / "back")
    digests = export_runs(folder, folder.names(), tmp_path / "there")
    assert import_runs(server, tmp_path / "there") == {"r1": True, "r2": True}
    assert export_runs(server, ["r2", "r1"], tmp_path / "again") == digests
    import_runs(back, tmp_path / "again")
    for name in ("r1", "r2"):
        assert lines(folder, name) == lines(server, name) == lines(back, name)
        assert digest_of(lines(back, name)) == digests[name]
    with server.open("r1") as journal:
        assert journal.failures() == {"time": 1}
        assert journal.record == RECORD


def test_a_run_that_is_there_is_left_alone_when_it_is_the_same(folder, tmp_path):
    export_runs(folder, ["r1"], tmp_path / "file")
    assert import_runs(folder, tmp_path / "file") == {"r1": False}
    folder.rename("r1", "r3")
    assert import_runs(folder, tmp_path / "file") == {"r1": True}


def test_another_run_of_that_name_is_not_touched(folder, tmp_path):
    export_runs(folder, folder.names(), tmp_path / "file")
    folder.remove("r1")
    with folder.open("r2", write=True) as journal:
        journal.add_note("stop", {}, "later")
    before = lines(folder, "r2")
    with pytest.raises(UsageError, match="not the same") as refused:
        import_runs(folder, tmp_path / "file")
    assert "--rename r2" in refused.value.hint
    assert folder.names() == ["r2"], "nothing of a refused file is taken in"
    assert lines(folder, "r2") == before


def damaged(data: bytes) -> dict[str, bytes]:
    text = gzip.decompress(data)
    return {
        "cut off": data[: len(data) // 2],
        "a bit": data[:60] + bytes([data[60] ^ 1]) + data[61:],
        "a value": gzip.compress(text.replace(b'"searc', b'"saerc', 1)),
        "a row less": gzip.compress(b"\n".join(text.split(b"\n")[:3] + text.split(b"\n")[4:])),
        "no end": gzip.compress(text[: text.rindex(b'["end"')]),
        "something else": gzip.compress(b"hello\n"),
        "no gzip": b"hello\n" * 40,
    }


def test_a_damaged_file_is_refused_whole(folder, tmp_path):
    export_runs(folder, folder.names(), tmp_path / "file")
    empty = FolderStore(tmp_path / "empty")
    for what, data in damaged((tmp_path / "file").read_bytes()).items():
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(UsageError, match=r"damaged|holds no runs") as refused:
            import_runs(empty, tmp_path / "file")
        assert refused.value.hint
        assert empty.names() == [], what


class Killed(FolderStore):
    """A store of a process that is killed when all of a file is there, before it is named."""

    def rename(self, old, new):
        raise SystemExit

    def remove(self, name):
        raise SystemExit


def test_what_an_import_left_that_was_killed_is_replaced(folder, tmp_path):
    export_runs(folder, folder.names(), tmp_path / "file")
    elsewhere = FolderStore(tmp_path / "elsewhere")
    with pytest.raises(SystemExit):
        import_runs(Killed(elsewhere.root), tmp_path / "file")
    assert len(elsewhere.names()) == 2
    assert import_runs(elsewhere, tmp_path / "file") == {"r1": True, "r2": True}
    assert elsewhere.names() == ["r1", "r2"]
    assert lines(elsewhere, "r1") == lines(folder, "r1")


def test_a_run_of_any_name_stays_and_one_of_the_longest_arrives(folder, tmp_path):
    longest = "r" * MOST_CHARACTERS
    folder.rename("r1", longest)
    export_runs(folder, [longest], tmp_path / "file")
    elsewhere = FolderStore(tmp_path / "elsewhere")
    own = f"{longest[:-10]}.importing"
    fill(elsewhere, dataclasses.replace(RECORD, name=own))
    import_runs(elsewhere, tmp_path / "file")
    assert elsewhere.names() == [own, longest]


def test_a_run_that_is_named_twice_is_written_once(folder, tmp_path):
    export_runs(folder, ["r1", "r2", "r1"], tmp_path / "file")
    text = gzip.decompress((tmp_path / "file").read_bytes())
    assert text.count(b'["begin"') == 2
    header, _, runs = text.partition(b"\n")
    (tmp_path / "file").write_bytes(gzip.compress(header + b"\n" + runs + runs))
    empty = FolderStore(tmp_path / "empty")
    with pytest.raises(UsageError, match="holds run 'r1' twice"):
        import_runs(empty, tmp_path / "file")
    assert empty.names() == []


OTHERS = {  # what a row of another version has in the place of what
    "a field more": ('["proposal",{', '["proposal",{"mood":"good",'),
    "a field less": ('"digest":', '"hash":'),
    "another kind": ('["commit",', '["decision",'),
    "another record": ('["run",{', '["run",{"mood":"good",'),
    "another first row": ('["run",', '["search",'),
    "another failure": ('"kind":"time",', '"kind":"time","mood":"good",'),
    "a part that is not kept": ('"outcome":{', '"outcome":{"mood":"good",'),
}


@pytest.mark.parametrize("what", OTHERS)
def test_rows_of_another_version_are_named_and_nothing_is_taken_in(folder, tmp_path, what):
    old, new = OTHERS[what]
    export_runs(folder, ["r2", "r1"], tmp_path / "file")
    text = gzip.decompress((tmp_path / "file").read_bytes()).decode()
    first, begin, second = text.partition('["begin","r1"]\n')
    rows = [f"{row}\n" for row in second.splitlines()[:-1]]
    number = next(n for n, row in enumerate(rows, start=1) if old in row)
    rows[number - 1] = rows[number - 1].replace(old, new, 1)
    changed = "".join((first, begin, *rows, line("end", digest_of(rows))))
    (tmp_path / "file").write_bytes(gzip.compress(changed.encode()))
    empty = FolderStore(tmp_path / "empty")
    with pytest.raises(UsageError, match=f"file, run r1: row {number} is none that") as refused:
        import_runs(empty, tmp_path / "file")
    assert "version" in refused.value.hint
    assert empty.names() == []


def test_a_file_that_cannot_be_written_or_read_is_said(folder, tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        export_runs(folder, ["r1"], tmp_path / "none" / "file")
    with pytest.raises(UsageError, match="No such file"):
        import_runs(folder, tmp_path / "none")
    with pytest.raises(UsageError, match="no run 'r9'"):
        export_runs(folder, ["r9"], tmp_path / "file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["runs"]
