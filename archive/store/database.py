"""One run's rows as a database holds them: transactions, and what else a journal needs of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]


class Database(ABC):
    """A connection of one thread to one run's rows. Work is done in one transaction."""

    place: str  # for messages
    run_id: int
    schema: int  # of what is there: a reader leaves an older one as it is
    is_writer: bool

    def __init__(self) -> None:
        self._held: Connection | None = None

    def read(self, work: Work[T]) -> T:
        """Work on rows of one moment."""
        return work(self._held) if self._held is not None else self._transact(work, write=False)

    def write(self, work: Work[T]) -> T:
        """Work that changes rows: when this returns, they are safe."""
        return work(self._held) if self._held is not None else self._transact(work, write=True)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside stands together or not at all."""
        with self._faults(), self._begun(write=True) as self._held:
            try:
                yield
            finally:
                self._held = None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment."""
        with self._faults(), self._begun(write=False) as self._held:
            try:
                yield
            finally:
                self._held = None

    @abstractmethod
    def take_turn(self, connection: Connection) -> None:
        """Wait for others who append to the run at this moment: ids grow in the order of commit."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection and the right to write back; a second time does nothing."""

    def _transact(self, work: Work[T], write: bool) -> T:
        with self._faults(), self._begun(write) as connection:
            return work(connection)

    @abstractmethod
    def _begun(self, write: bool) -> AbstractContextManager[Connection]:
        """A transaction, committed at its end."""

    @abstractmethod
    def _faults(self) -> AbstractContextManager[None]:
        """Turns the database's faults into UsageErrors."""
