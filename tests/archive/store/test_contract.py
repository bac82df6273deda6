"""The SQLite store keeps the journal's contract."""

from archive.store.journal import create_run, open_aside, open_journal
from archive.testing import JournalContract


class TestSqlite(JournalContract):
    create = staticmethod(create_run)
    open = staticmethod(open_journal)
    open_aside = staticmethod(open_aside)
