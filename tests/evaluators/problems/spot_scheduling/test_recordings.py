"""A bad archive is refused with the member and what was expected; a good one is read as it is."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling.problem import SpotScheduling
from evaluators.problems.spot_scheduling.recordings import evenly_spaced, read_windows, recording
from tests.evaluators.problems.spot_scheduling import archives

SERIES = "us-west-2b_v100_8"  # an open one: its windows are put together


def changed(**fields):
    """A change of window 2 of the series."""

    def change(series, number, record):
        return record | fields if (series, number) == (SERIES, 2) else record

    return change


def metadata(**fields):
    return changed(metadata={"gap_seconds": 600, "start_time": 600} | fields)


def test_windows_are_read_as_they_are(tmp_path):
    path = archives.write(tmp_path / "a.tar.gz", archives.contents())
    window = read_windows(path)[SERIES][2]
    expected = archives.record_of(SERIES, archives.STARTS[2])
    assert window.start == archives.STARTS[2]
    assert (window.has_spot == (np.array(expected["data"]) == 0)).all()
    whole = recording(path, SERIES)
    assert len(whole.has_spot) == archives.STARTS[-1] + archives.TICKS
    assert (whole.has_spot[600 : 600 + archives.TICKS] == window.has_spot).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s, n, r: [1, 2], "TypeError"),
        (lambda s, n, r: {"data": r["data"]}, "KeyError: 'metadata'"),
        (metadata(gap_seconds=300), "gap_seconds 300"),
        (metadata(start_time="today"), "start_time is 'today'"),
        (metadata(start_time=-1), "start_time is -1"),
        (changed(data=[0, 1] * 100), "200 ticks"),
        (changed(data=[0, 2] * 277), "no list of 0 and 1"),
        (changed(data="01"), "no list of 0 and 1"),
        (changed(data=[1 - v for v in archives.record_of(SERIES, 600)["data"]]), "differ at tick"),
    ],
)
def test_a_bad_window_is_named(tmp_path, change, said):
    path = archives.write(tmp_path / "a.tar.gz", archives.contents(change))
    with pytest.raises(UsageError, match=r"a\.tar\.gz") as refused:
        SpotScheduling(None, path)
    assert said in refused.value.message
    assert "expected" in refused.value.hint


def test_a_gap_in_a_recording_is_named(tmp_path):
    files = archives.contents()
    kept = {n: c for n, c in files.items() if f"{SERIES}/traces/random_start/2" not in n}
    path = archives.write(tmp_path / "a.tar.gz", kept)
    with pytest.raises(UsageError, match=f"no window of {SERIES} covers tick 854"):
        SpotScheduling(None, path)


def test_a_series_that_lacks_is_named(tmp_path):
    kept = {n: c for n, c in archives.contents().items() if SERIES not in n}
    with pytest.raises(UsageError, match=f"no window of {SERIES}"):
        SpotScheduling(None, archives.write(tmp_path / "a.tar.gz", kept))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 damaged"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.tar\.gz"):
        SpotScheduling(None, str(path))


def test_half_an_archive_is_refused(tmp_path):
    whole = tmp_path / "whole.tar.gz"
    archives.write(whole, archives.contents())
    half = tmp_path / "half.tar.gz"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(UsageError, match=r"half\.tar\.gz"):
        SpotScheduling(None, str(half))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*none\.tar\.gz"):
        SpotScheduling(None, str(tmp_path / "none.tar.gz"))


def test_windows_are_chosen_by_the_order_of_file_names():
    windows = dict.fromkeys(range(300))
    chosen = evenly_spaced(windows, 30)
    assert len(set(chosen)) == 30
    assert chosen[:4] == [0, 107, 117, 126]  # 0.json, 1.json, 10.json, 100.json, ...
    assert chosen[-1] == 99
    assert evenly_spaced(dict.fromkeys(range(5)), 30) == [0, 1, 2, 3, 4]
