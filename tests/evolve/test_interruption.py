import os
import signal
import threading

import pytest

from evolve.interruption import safe_points


def test_ctrl_c_waits_for_the_next_safe_point():
    with safe_points() as check:
        check()
        os.kill(os.getpid(), signal.SIGINT)
        reached = True  # nothing was raised where the signal arrived
        with pytest.raises(KeyboardInterrupt):
            check()
    assert reached


def test_a_second_press_acts_at_once():
    with safe_points():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handler_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    with safe_points():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_check_without_a_handler():
    seen = []

    def work():
        with safe_points() as check:
            check()
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
