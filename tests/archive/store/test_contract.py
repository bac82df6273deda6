"""Each store keeps the contract."""

import pytest

from archive.store.folder import FolderStore
from archive.store.places import store_at
from archive.testing import StoreContract


class TestFolder(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return FolderStore(tmp_path / "runs")


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, postgres):
        return store_at(postgres.emptied())
