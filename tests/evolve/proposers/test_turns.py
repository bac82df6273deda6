"""Whose turn it is."""

from evolve.people import PERSON
from evolve.proposers.turns import Turns


def test_people_are_asked_while_they_have_few_enough_prompts():
    turns = Turns(["a/b"], tickets=2)
    assert turns.names == ("a/b", PERSON)
    assert [turns.next(n)[0] for n in (1, 2, 3, 4)] == [PERSON, PERSON, "a/b", "a/b"]
    turns.tell(3)
    assert turns.next(5) == ("a/b",)
    turns.tell(2)
    assert turns.next(6) == [PERSON]


def test_without_models_everything_is_theirs():
    turns = Turns([], tickets=1)
    assert [turns.next(n)[0] for n in (1, 2)] == [PERSON, PERSON]


def test_without_people_models_are_asked():
    assert Turns(["a/b", "c/d"]).next(1) == ("a/b", "c/d")


def test_the_journal_is_believed():
    turns = Turns(["a/b"], tickets=1, asked_of={1: "a/b", 2: PERSON, 3: PERSON})
    assert [turns.next(n)[0] for n in (1, 2, 3, 4)] == ["a/b", PERSON, PERSON, "a/b"]
