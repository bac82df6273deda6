"""A choice is worth what it costs beside the cheapest."""

from decimal import Decimal

import pytest

from archive.entry import Amount
from evolve.llm.message import Reply, Usage
from evolve.proposers.thrift import Cost, Thrift


def cost(tokens: int, usd: str | None) -> Cost:
    made = Cost()
    price = None if usd is None else Decimal(usd)
    made.add(Reply("", "m", Usage(tokens, 0), "stop", b"", usd=price))
    return made


def test_dollars_count_where_all_prices_are_known():
    thrift = Thrift()
    thrift.tell("dear", cost(100, "0.4"))
    thrift.tell("cheap", cost(1000, "0.1"))
    assert thrift.worth("cheap") == 1.0
    assert thrift.worth("dear") == pytest.approx(0.25)


def test_tokens_count_where_a_price_is_unknown_or_nothing():
    for usd in (None, "0"):
        thrift = Thrift()
        thrift.tell("long", cost(400, "0.4"))
        thrift.tell("short", cost(100, usd))
        assert thrift.worth("long") == pytest.approx(0.25)


def test_what_attempts_without_a_reply_are_booked_at_counts_too():
    for booked in (Amount(100, Decimal("0.3")), Amount(300, Decimal(0), 300)):
        thrift = Thrift()
        thrift.tell("sound", cost(100, "0.1"))
        half = Cost()
        half.charge(booked)
        thrift.tell("wasteful", half)
        assert thrift.worth("sound") == 1.0
        assert thrift.worth("wasteful") == pytest.approx(1 / 3)


def test_what_was_never_chosen_is_worth_all():
    thrift = Thrift()
    assert thrift.worth("new") == 1.0
    thrift.tell("known", cost(10, None))
    assert thrift.worth("new") == 1.0


def test_who_never_answered_makes_nobody_dear():
    thrift = Thrift()
    thrift.tell("silent", Cost())
    thrift.tell("dear", cost(10, "0.4"))
    thrift.tell("cheap", cost(10, "0.1"))
    assert thrift.worth("cheap") == 1.0
    assert thrift.worth("dear") == pytest.approx(0.25)
