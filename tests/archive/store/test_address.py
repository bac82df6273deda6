"""PostgreSQL's URLs: what is shown of them, and which are refused."""

import pytest

from archive.store.address import conninfo, shown
from archive.store.places import store_at
from evaluators.errors import UsageError

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"postgresql://me:{SECRET}@host:5433/db", "postgresql://me@host:5433/db"),
        (
            f"postgres://me:{SECRET}@host/db?sslmode=require",
            "postgres://me@host/db?sslmode=require",
        ),
        (f"postgresql://host/db?password={SECRET}&user=me", "postgresql://host/db?user=me"),
        (f"postgresql:///db?host=/run/pg&p%61ssword={SECRET}", "postgresql:///db?host=/run/pg"),
        ("postgresql://me@/db?host=/run/pg", "postgresql://me@/db?host=/run/pg"),
    ],
)
def test_a_password_is_not_shown(url, expected):
    assert shown(url) == expected
    assert shown(expected) == expected


def test_what_is_shown_finds_the_same_database():
    url = f"postgresql://me:{SECRET}@host:5433/db?sslmode=require"
    assert conninfo(shown(url), "adrs") == conninfo(url, "adrs").replace(f"password={SECRET} ", "")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}%zz@host/db",
        f"postgresql://me:a@{SECRET}@host/db",
        f"postgresql://me:a/{SECRET}@host/db",
        f"postgresql://me:a?{SECRET}@host/db",
        f"postgresql://me@host/db?{SECRET}",
        f"postgresql://me@host/db?{SECRET}=1",
        f"postgresql://me:x@[{SECRET}/db",
    ],
)
def test_a_url_that_is_none_is_refused_without_being_shown(url):
    with pytest.raises(UsageError) as refused:
        store_at(url)
    assert SECRET not in f"{refused.value.message} {refused.value.hint}"
    assert "%40" in refused.value.hint


def test_a_setting_of_the_users_stands_beside_ours():
    made = conninfo("postgresql://host/db?options=-csearch_path%3Dother&connect_timeout=3", "adrs")
    assert "tcp_keepalives_count=3 -csearch_path=other" in made
    assert "connect_timeout=3" in made
