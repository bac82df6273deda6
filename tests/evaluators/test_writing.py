"""A file that cannot be written is the user's fault, with its name and the reason."""

from __future__ import annotations

import pytest

from evaluators.errors import UsageError
from evaluators.writing import check_new, writing


def test_what_can_be_written_is(tmp_path):
    path = tmp_path / "found.txt"
    with writing(path):
        path.write_text("entry 7")
    assert path.read_text() == "entry 7"


def test_what_cannot_be_written_is_named_with_reason_and_hint(tmp_path):
    path = tmp_path / "missing" / "found.txt"
    with pytest.raises(UsageError) as caught, writing(path, "make its folder"):
        path.write_text("entry 7")
    assert str(caught.value) == f"{path}: No such file or directory"
    assert caught.value.hint == "make its folder"


def test_another_fault_is_not_the_users(tmp_path):
    with pytest.raises(KeyError), writing(tmp_path):
        raise KeyError("ours")


def test_a_new_file_must_not_be_there_yet(tmp_path):
    check_new(tmp_path / "new")
    with pytest.raises(UsageError, match="is there already") as caught:
        check_new(tmp_path)
    assert caught.value.hint == "give another name"


def test_a_name_that_no_file_can_have_is_said(tmp_path):
    with pytest.raises(UsageError, match="File name too long"):
        check_new(tmp_path / ("x" * 300))
