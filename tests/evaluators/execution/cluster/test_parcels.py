from __future__ import annotations

from pathlib import Path

import pytest

from evaluators.errors import UsageError
from evaluators.execution.cluster.parcels import cache_folder, pack, unpacked
from evaluators.registry import ProblemSpec


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def spec(tmp_path) -> ProblemSpec:
    (tmp_path / "mine.py").write_text("# a problem\n")
    (tmp_path / "log.jsonl").write_bytes(b"\0rows")
    return ProblemSpec(str(tmp_path / "mine.py"), {"k": "1"}, str(tmp_path / "log.jsonl"), "s")


def test_both_files_travel_once_and_keep_their_names(spec):
    packed = pack(spec)
    contents = {parcel.digest: content for parcel, content in packed}
    fetched: list[str] = []

    def fetch(parcel):
        fetched.append(parcel.file_name)
        return contents[parcel.digest]

    parcels = [parcel for parcel, _ in packed]
    there = unpacked(spec, parcels, fetch)
    again = unpacked(spec, parcels, fetch)
    assert fetched == ["mine.py", "log.jsonl"]
    assert there == again
    assert (there.parameters, there.salt) == (spec.parameters, spec.salt)
    for path, content in zip((there.name, there.workload_file), contents.values(), strict=True):
        assert path.startswith(str(cache_folder()))
        assert Path(path).read_bytes() == content


def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(spec):
    packed = pack(spec)
    contents = {parcel.digest: content for parcel, content in packed}
    parcels = [parcel for parcel, _ in packed]
    there = unpacked(spec, parcels, lambda p: contents[p.digest])
    Path(there.workload_file).write_bytes(b"half")
    unpacked(spec, parcels, lambda p: contents[p.digest])
    assert Path(there.workload_file).read_bytes() == b"\0rows"


def test_a_problem_of_ours_has_no_file_to_take():
    assert pack(ProblemSpec("expert_placement")) == []


def test_a_workload_file_that_is_not_there_is_the_users_fault(tmp_path):
    with pytest.raises(UsageError, match="gone"):
        pack(ProblemSpec("expert_placement", {}, str(tmp_path / "gone.jsonl")))
