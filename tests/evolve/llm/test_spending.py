import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from archive.entry import Amount
from evolve.llm.message import Message, Request, Usage
from evolve.llm.prices import stated_price
from evolve.llm.spending import NOTHING, Ledger, Reservation, actual, worst_case

BUDGET = Amount(tokens=10_000, usd=Decimal("0.50"))
PRICE = stated_price((10.0, 40.0))


def asked(text: str, limit: int) -> Request:
    return Request("openai/x", (Message("user", text),), limit)


def ledger(usd: Decimal | None = None, tokens: int | None = None) -> Ledger:
    return Ledger(usd=usd, tokens=tokens, numbers=itertools.count(1))


# -- the worst case --------------------------------------------------------------------------


@given(st.text(), st.integers(1, 10_000), st.data())
def test_no_honest_usage_exceeds_the_worst_case(text: str, limit: int, data: st.DataObject) -> None:
    worst = worst_case(asked(text, limit), PRICE)
    inputs = data.draw(st.integers(1, max(1, len(text.encode()))))
    written = data.draw(st.integers(0, limit))
    cached = data.draw(st.integers(0, inputs))
    usage = Usage(inputs, written, cached_tokens=cached)
    assert not actual(usage, PRICE).exceeds(worst)


def test_bytes_are_counted_not_characters() -> None:
    ascii_text, wide = worst_case(asked("abc", 1), None), worst_case(asked("日本語", 1), None)
    assert wide.tokens - ascii_text.tokens == 6


def test_what_has_no_price_is_told_apart() -> None:
    worst = worst_case(asked("abc", 100), None)
    assert worst.usd == 0
    assert worst.unpriced_tokens == worst.tokens > 100
    assert actual(Usage(3, 4), None) == Amount(7, Decimal(0), 7)


# -- the ledger ------------------------------------------------------------------------------

amounts = st.builds(
    Amount, st.integers(0, 4_000), st.integers(0, 200_000).map(lambda n: Decimal(n).scaleb(-6))
)


class LedgerMachine(RuleBasedStateMachine):
    """Calls come, end, and get lost in any order; endpoints report what they reserved or less."""

    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.ledger = ledger(BUDGET.usd, BUDGET.tokens)
        self.booked = NOTHING

    @rule(target=reservations, worst=amounts)
    def reserve(self, worst: Amount) -> Reservation | None:
        fits = not (self.ledger.used + worst).exceeds(BUDGET)
        reservation = self.ledger.reserve(worst)
        assert (reservation is not None) == fits
        return reservation

    @rule(reservation=consumes(reservations), share=st.fractions(0, 1))
    def settle(self, reservation: Reservation | None, share: float) -> None:
        if reservation is None:
            return
        worst = reservation.worst
        used = Amount(int(worst.tokens * share), worst.usd * int(share * 100) / 100)
        assert not self.ledger.settle(reservation, used)
        self.booked += used

    @rule(reservation=consumes(reservations))
    def lose(self, reservation: Reservation | None) -> None:
        if reservation is not None:
            self.ledger.lose(reservation)
            self.booked += reservation.worst

    @rule(reservation=consumes(reservations))
    def release(self, reservation: Reservation | None) -> None:
        if reservation is not None:
            self.ledger.release(reservation)

    @invariant()
    def budget_holds(self) -> None:
        total = self.ledger.spent + self.ledger.reserved + self.ledger.unknown
        assert not total.exceeds(BUDGET)

    @invariant()
    def nothing_is_forgotten(self) -> None:
        assert self.ledger.spent + self.ledger.unknown == self.booked


TestLedger = LedgerMachine.TestCase


def test_what_is_reported_above_the_reservation_is_booked_in_full() -> None:
    book = ledger(tokens=100)
    reservation = book.reserve(Amount(60))
    assert reservation
    assert book.settle(reservation, Amount(250))
    assert book.spent == Amount(250)
    assert book.reserve(Amount(0)) is None


def test_a_reservation_is_closed_once() -> None:
    book = ledger(tokens=100)
    reservation = book.reserve(Amount(60))
    assert reservation
    book.release(reservation)
    assert not book.is_open(reservation)
    with pytest.raises(KeyError):
        book.settle(reservation, Amount(1))


def test_dollars_and_tokens_both_bound() -> None:
    assert ledger(tokens=10).reserve(Amount(11, Decimal(0))) is None
    assert ledger(usd=Decimal("0.1")).reserve(Amount(1, Decimal("0.11"))) is None
    assert ledger().reserve(Amount(10**12, Decimal(10**9)))


def test_out_of_reach_is_more_than_not_now() -> None:
    book = ledger(tokens=100)
    book.reserve(Amount(80))
    assert book.reserve(Amount(50)) is None
    assert not book.is_out_of_reach(Amount(50))
    assert book.is_out_of_reach(Amount(101))


def test_a_ledger_goes_on_from_what_was_journalled() -> None:
    book = Ledger(
        usd=None, tokens=100, spent=Amount(30), unknown=Amount(50), numbers=itertools.count(8)
    )
    assert book.reserve(Amount(21)) is None
    reservation = book.reserve(Amount(20))
    assert reservation
    assert reservation.number == 8
