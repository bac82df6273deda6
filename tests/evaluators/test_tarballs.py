"""Members are read in order, and reading stops with the reader; damage is the user's to mend."""

from __future__ import annotations

import re

import pytest

from evaluators.errors import UsageError
from evaluators.tarballs import matching_members
from tests.evaluators.problems.spot_scheduling import archives

PATTERN = re.compile(r"(\d)\.json$")


def read(path):
    found = matching_members(path, PATTERN, "expected a tar.gz with N.json")
    return [(match[1], name, content) for match, name, content in found]


def test_what_matches_is_read_in_the_archives_order(tmp_path):
    files = {"b/2.json": b"two", "b/notes.txt": b"no", "a/1.json": b"one"}
    path = archives.write(tmp_path / "a.tar.gz", files)
    assert read(path) == [("2", "b/2.json", b"two"), ("1", "a/1.json", b"one")]


def test_damage_after_what_was_read_does_not_matter(tmp_path):
    files = {f"{n}.json": bytes(range(256)) * 4000 for n in range(3)}
    path = tmp_path / "a.tar.gz"
    archives.write(path, files)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    first = next(matching_members(str(path), PATTERN, "expected a whole one"))
    assert first[1] == "0.json"
    with pytest.raises(UsageError, match="no whole tar") as refused:
        read(str(path))
    assert "expected" in refused.value.hint


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*none\.tar\.gz"):
        read(str(tmp_path / "none.tar.gz"))
