import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.replies.lessons import MOST_LESSONS, read_lessons


@pytest.mark.parametrize(
    "text",
    ["- One.\n- Two.", "Here:\n\n* One.\n* Two.\nBye.", "1. One.\n2) Two.", "  - One.\r\n  - Two."],
)
def test_a_lesson_is_an_item_of_a_list(text: str):
    assert read_lessons(text) == ("One.", "Two.")


def test_prose_is_no_lesson():
    assert read_lessons("I have learnt nothing.\n--\n-x\n- \n") == ()


def test_lessons_are_few_short_and_printable():
    lessons = read_lessons("- \x1b[1m" + "long " * 1_000 + "\n- more" * 20)
    assert len(lessons) == MOST_LESSONS
    assert len(lessons[0]) <= 300
    assert "\x1b" not in lessons[0]


def test_thoughts_are_no_lessons():
    assert read_lessons("<think>\n- hm\n</think>\n- One.") == ("One.",)


@given(st.text())
def test_any_text_gives_lessons_or_none(text: str):
    assert all(lesson.encode() for lesson in read_lessons(text + "\n- \ud800" * 3))
