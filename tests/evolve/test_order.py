"""Who may be asked, and who is committed next."""

from evolve.asked import Asked
from evolve.course import Course
from evolve.order import Arrival, AsRecorded, InOrder


def asked(*numbers):
    return [Asked(n, seen=0) for n in numbers]


def test_in_order_the_first_is_next_and_the_lookahead_bounds_who_is_asked():
    order = InOrder(lookahead=4)
    waiting = asked(3, 4, 5)
    assert order.next(2, waiting) == waiting[:1]
    assert order.may_ask(6, 2, waiting)
    assert not order.may_ask(7, 2, waiting)


def test_in_order_what_waited_to_be_sent_is_asked_by_the_rule_again():
    course = Course({1: 0, 2: 1, 3: 1}, {1: None}, [], {3: "person"})
    order = InOrder(4, course)
    assert not order.may_ask(3, 0, asked(1, 2)), "the journal knows when it was asked"
    assert order.may_ask(3, 1, asked(1, 2))
    assert order.may_ask(2, 0, asked(1)), "of this one it knows nothing"


def test_on_arrival_anybody_is_next_and_the_width_bounds_who_is_asked():
    order = Arrival(3)
    waiting = asked(3, 4)
    assert order.next(2, waiting) == waiting
    assert order.may_ask(5, 2, waiting)
    assert not order.may_ask(6, 2, asked(3, 4, 5))


def test_a_journal_is_obeyed_before_anything_new():
    order = Arrival(10, Course({1: 0, 2: 0, 3: 1}, {}, [2, 1]))
    waiting = asked(1, 2)
    assert [a.number for a in order.next(0, waiting)] == [2]
    assert not order.may_ask(3, 0, waiting)
    assert order.may_ask(3, 1, asked(1))
    assert not order.may_ask(4, 1, asked(1, 3)), "a commit of then is still to come"
    assert order.may_ask(4, 2, asked(3))


def test_a_replay_ends_with_the_journal():
    order = AsRecorded(0, Course({1: 0, 2: 0}, {}, [2, 1]))
    assert order.may_ask(2, 0, asked(1))
    assert not order.may_ask(3, 2, [])
    assert not order.is_over(1)
    assert order.is_over(2)
