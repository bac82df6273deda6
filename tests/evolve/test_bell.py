"""Calls progress while the engine sleeps, and their faults come out."""

import asyncio
import threading
import time

import pytest

from evolve.bell import Bell


def test_a_ring_from_another_thread_ends_the_sleep():
    bell = Bell()
    threading.Timer(0.05, bell.ring).start()
    began = time.monotonic()
    assert bell.sleep(30.0)
    assert time.monotonic() - began < 20.0
    bell.close()
    bell.ring()  # too late, and no harm done


def test_tasks_run_only_while_it_sleeps():
    bell = Bell()
    done = []

    async def work() -> None:
        done.append(1)

    bell.start(work())
    assert done == []
    bell.sleep(1.0)
    assert done == [1]
    bell.close()


def test_a_fault_of_a_task_is_raised():
    bell = Bell()

    async def fail() -> None:
        raise ZeroDivisionError

    bell.start(fail())
    with pytest.raises(ZeroDivisionError):
        bell.sleep(1.0)
    bell.close()


def test_closing_lets_tasks_put_their_things_in_order():
    bell = Bell()
    ended = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    bell.start(wait())
    assert not bell.sleep(0.01)
    bell.close()
    assert ended == [1]


def test_a_turn_lets_tasks_begin_and_waits_for_nothing():
    bell = Bell()
    begun = []

    async def wait() -> None:
        begun.append(1)
        await asyncio.Event().wait()

    bell.start(wait())
    bell.turn()
    assert begun == [1]
    bell.close()
