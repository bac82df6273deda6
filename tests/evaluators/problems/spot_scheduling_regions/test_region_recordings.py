"""A bad archive is refused with the member and what was expected; a good one is read as it is."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling_regions.problem import SpotSchedulingRegions
from evaluators.problems.spot_scheduling_regions.recordings import LEAST_TICKS, read_traces
from tests.evaluators.problems.spot_scheduling import archives
from tests.evaluators.problems.spot_scheduling_regions import region_archives

ZONE = "us-west-2b"


def changed(**fields):
    """A change of trace 2 of a zone."""

    def change(zone, number, record):
        return record | fields if (zone, number) == (ZONE, 2) else record

    return change


def metadata(**fields):
    return changed(metadata={"gap_seconds": 195, "start_time": "2023-03-01T00:00:00"} | fields)


def test_traces_are_read_as_they_are(tmp_path):
    path = archives.write(tmp_path / "a.tar.gz", region_archives.contents())
    traces = read_traces(path)
    assert sorted(traces) == list(range(len(region_archives.START_H)))
    expected = region_archives.record_of(ZONE, 2)
    series = traces[2].zones[ZONE]
    assert (series.has_spot == (np.array(expected["data"]) == 0)).all()
    assert series.usd_per_h.tolist() == expected["prices"]
    assert traces[2].stop_s - traces[2].start_s == 195 * LEAST_TICKS
    assert traces[0].start_s - traces[8].start_s == 200 * 3600


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda z, n, r: [1, 2], "TypeError"),
        (lambda z, n, r: {"data": r["data"]}, "KeyError: 'metadata'"),
        (changed(prices=None), "no list of prices"),
        (changed(prices=[-1.0] * LEAST_TICKS), "no list of prices"),
        (changed(prices=[float("nan")] * LEAST_TICKS), "no list of prices"),
        (changed(prices=[3.07] * LEAST_TICKS), "no list of prices"),
        (changed(prices=[1.0]), "1 prices"),
        (metadata(gap_seconds=600), "gap_seconds is 600"),
        (metadata(start_time="today"), "ValueError"),
        (metadata(start_time=5), "TypeError"),
        (metadata(), f"{ZONE} starts at another time"),
        (changed(data=[0, 1] * 100), "200 ticks"),
        (changed(data=[0, 2] * 600), "no list of 0 and 1"),
        (changed(data="01"), "no list of 0 and 1"),
    ],
)
def test_a_bad_trace_is_named(tmp_path, change, said):
    path = archives.write(tmp_path / "a.tar.gz", region_archives.contents(change))
    with pytest.raises(UsageError, match=r"a\.tar\.gz") as refused:
        SpotSchedulingRegions(None, path)
    assert said in refused.value.message
    assert "expected" in refused.value.hint


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (f"{ZONE}_v100_1/2.json", f"2.json: none of {ZONE}"),
        ("_v100_1/3.json", "has no trace 3"),
    ],
)
def test_what_lacks_is_named(tmp_path, lacks, said):
    kept = {n: c for n, c in region_archives.contents().items() if lacks not in n}
    with pytest.raises(UsageError, match=said):
        SpotSchedulingRegions(None, archives.write(tmp_path / "a.tar.gz", kept))


def test_an_archive_without_open_dates_is_refused(tmp_path):
    """One open date cannot be searched and selected on."""
    kept = {
        n: c
        for n, c in region_archives.contents().items()
        if not n.endswith(("/9.json", "/8.json"))
    }
    with pytest.raises(UsageError, match="1 traces keep half a day away"):
        SpotSchedulingRegions(None, archives.write(tmp_path / "a.tar.gz", kept))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00 damaged"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"a\.tar\.gz"):
        SpotSchedulingRegions(None, str(path))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"cannot read .*none\.tar\.gz"):
        SpotSchedulingRegions(None, str(tmp_path / "none.tar.gz"))
