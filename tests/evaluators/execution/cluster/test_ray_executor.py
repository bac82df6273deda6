"""The engine's end, against a broker without Ray."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing

import pytest

from evaluators.errors import UsageError
from evaluators.execution.cluster import connection, ray_executor
from evaluators.execution.cluster.ray_executor import RayExecutor, job_name
from evaluators.execution.executor import Job
from evaluators.execution.slot_client import SlotError
from tests.problems import GUESS

FAKE = "tests.evaluators.execution.cluster.fake_broker"


@pytest.fixture(autouse=True)
def _as_if_ray_were_there(monkeypatch):
    monkeypatch.setattr(connection, "find_spec", lambda name: object())
    monkeypatch.setattr(ray_executor, "CONNECT_AGAIN_S", 0.05)


@pytest.fixture
def pool() -> Iterator[RayExecutor]:
    with closing(RayExecutor(GUESS, "ray", broker=FAKE)) as executor:
        yield executor


def played(pool: RayExecutor, source: str) -> float:
    report = pool.submit(Job(source, "tiny")).result(timeout=60)
    return report.outcome.values["error"]["tiny-0"]


def test_an_answer_that_comes_twice_counts_once(pool):
    assert [played(pool, "x" * i) for i in (1, 2, 3)] == [1.0, 2.0, 3.0]
    assert pool.sandbox.note == "fake"


def test_when_the_connection_is_lost_what_is_under_way_is_asked_again(pool, tmp_path):
    source = f"die once {tmp_path / 'mark'}"
    assert played(pool, source) == len(source)
    [line] = pool.news()
    assert "the connection was lost" in line


def test_a_fault_of_ours_is_raised(pool):
    with pytest.raises(SlotError, match="ZeroDivisionError"):
        pool.submit(Job("bad", "tiny")).result(timeout=60)


def test_asking_twice_for_what_is_under_way_gives_the_same_future(pool):
    first, second = pool.submit(Job("wait", "tiny")), pool.submit(Job("wait", "tiny"))
    assert first is second


def test_no_more_is_queued_than_twice_the_slots(pool):
    for number in range(2):
        pool.submit(Job("wait", "tiny", repeat=number))

    def submit() -> None:
        with pytest.raises(CancelledError):
            pool.submit(Job("3", "tiny"))

    third = threading.Thread(target=submit)
    third.start()
    third.join(0.3)
    assert third.is_alive(), "it waits until there is room"
    pool.close()
    third.join(60)


def test_close_cancels_what_has_not_finished(pool):
    future = pool.submit(Job("wait", "tiny"))
    pool.close()
    with pytest.raises(CancelledError):
        future.result(timeout=0)


def test_a_ray_that_is_not_there_is_the_users_fault():
    with pytest.raises(UsageError, match="refused"):
        RayExecutor(GUESS, "nowhere:1", broker=FAKE)


def test_without_ray_two_lines_say_how_to_get_it(monkeypatch):
    monkeypatch.setattr(connection, "find_spec", lambda name: None)
    with pytest.raises(UsageError) as missing:
        RayExecutor(GUESS, "ray", broker=FAKE)
    assert "not installed" in missing.value.message
    assert "pip install 'adrs[ray]'" in missing.value.hint


@pytest.mark.parametrize("text", ["nonsense", "ray://", "host:", ":1", "ray://host"])
def test_what_names_no_ray_is_refused(text):
    with pytest.raises(UsageError, match="not understood"):
        connection.check_address(text)


def test_a_name_is_that_of_the_evaluation_key():
    job = Job("a", "search", "search", 0, ("w1",), {})
    same = Job("a", "search", "search", 0, ("w1",), {"w1": "a trace is no part of the key"})
    assert job_name(job) == job_name(same)
    others = [
        Job("b", "search", "search", 0, ("w1",)), Job("a", "tiny", "search", 0, ("w1",)),
        Job("a", "search", "confirm", 0, ("w1",)), Job("a", "search", "search", 1, ("w1",)),
        Job("a", "search", "search", 0, ("w2",)), Job("a", "search", "search", 0, None),
    ]  # fmt: skip
    assert len({job_name(j) for j in [job, *others]}) == 7
