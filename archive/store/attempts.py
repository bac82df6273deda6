"""Attempts to reach a server again, in a thread: who waits for it does other things meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from itertools import chain, repeat

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from archive.store.server_faults import AwayError, reason_of

_PAUSES_S = (0.2, 0.5, 1.0, 2.0)  # before each attempt; the last one for ever


class Attempts:
    """From the loss of a session to the next one."""

    def __init__(self, connect: Callable[[], Connection], reason: str) -> None:
        """`reason` says why the session was lost; later, why the latest attempt failed."""
        self.reason = reason
        self._connect = connect
        self._has_ended = threading.Event()
        self._session: Future[Connection] = Future()
        threading.Thread(target=self._try, daemon=True).start()

    def session(self) -> Connection | None:
        """The new session, once there is one. Raises UsageError when there will not be one."""
        return self._session.result() if self._session.done() else None

    def end(self) -> None:
        """Try no more; a session that is still to come is closed."""
        self._has_ended.set()
        self._session.add_done_callback(_close)

    def _try(self) -> None:
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            if self._has_ended.wait(pause_s):
                return
            try:
                self._session.set_result(self._connect())
            except DBAPIError as error:
                self.reason = reason_of(error)
            except AwayError as error:
                self.reason = error.reason
            except BaseException as error:  # noqa: BLE001 - raised where the session is asked for
                self._session.set_exception(error)
            if self._session.done():
                return


def _close(session: Future[Connection]) -> None:
    if session.exception() is None:
        session.result().close()
