"""A run on a server."""

from __future__ import annotations

import pytest

from archive.store.places import store_at
from archive.store.server import ServerStore
from archive.store.store import Store
from archive.testing import RECORD, evaluation, proposal
from tests.postgres import Server


@pytest.fixture
def url(postgres: Server) -> str:
    """Of a database without runs."""
    return postgres.emptied()


@pytest.fixture
def filled(url: str) -> Store:
    """A store with a run of three played proposals."""
    store = store_at(url)
    assert isinstance(store, ServerStore)
    with store.create(RECORD) as journal:
        for number in range(1, 4):
            journal.add_proposal(proposal(number))
            journal.add_evaluation(evaluation(proposal(number).digest))
    return store
