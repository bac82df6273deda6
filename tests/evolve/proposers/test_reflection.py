"""Lessons: drawn every so often, in force from their commit on, the same in every replay."""

from __future__ import annotations

from archive.store.places import store_at
from evolve.calls import reply_of
from evolve.llm.message import Request
from evolve.proposers.reflection import Reflection
from evolve.replaying import replay
from evolve.replies.lessons import read_lessons
from tests.evolve.proposers.searches import (
    archived,
    resume,
    search,
    settings_of,
    text_of,
    written,
)
from tests.evolve.talking import Writers

QUESTION = "Say what has been learnt so far"
SECTION = "# Lessons from earlier programs"
EVERY = 6


def reflecting(request: Request, number: int) -> str:
    """Lessons that differ with what is asked, else a program."""
    if QUESTION in request.messages[-1].content:
        return f"Well.\n- lesson {request.digest[:8]}\n- shrink"
    return written(request)


def silent(request: Request, number: int) -> str:
    """Programs, but no lessons."""
    return "Nothing." if QUESTION in request.messages[-1].content else written(request)


def test_nobody_reflects_by_default(tmp_path):
    models = Writers(reflecting)
    search(settings_of(tmp_path, 16), models)
    assert not any(QUESTION in t or SECTION in t for t in map(text_of, models.asked))


def test_lessons_are_drawn_every_so_often_and_told_from_their_commit_on(tmp_path):
    run = search(settings_of(tmp_path, 45, reflect_every=EVERY), Writers(reflecting))
    with store_at(tmp_path).open(run.name) as journal:
        calls = list(journal.calls())
        replies = {e.id: reply_of(e).text for e in journal.call_ends()}
    asked = {(c.number, c.turn): text_of(Request.from_json(c.request)) for c in calls}
    reflections = [c for c in calls if QUESTION in asked[c.number, c.turn]]
    drawn = {c.number: read_lessons(replies[c.id])[0] for c in reflections}
    assert all(c.turn == 0 for c in reflections)
    assert list(drawn) == [n for n, turn in asked if turn == 0 and n % EVERY == 0]
    assert len(drawn) >= 4
    for call in calls:
        text = asked[call.number, call.turn]
        in_force = [n for n in drawn if n <= call.seen]  # commits come in the order of proposals
        if call.number in drawn and call.turn == 1:
            in_force = [call.number]
        told = [lesson for lesson in drawn.values() if lesson in text]
        if "# Scores" in text:  # a repair is told no lessons
            assert told == [drawn[n] for n in in_force[-1:]]


def test_an_answer_without_a_list_leaves_the_old_lessons():
    reflection = Reflection(4)
    assert reflection.draw(4, "- sort first") == ("sort first",)
    assert reflection.lessons == ()
    reflection.commit(4)
    assert reflection.draw(8, "I do not know.") == ()
    reflection.commit(8)
    assert reflection.lessons == ("sort first",)


def test_a_search_goes_on_where_nobody_lists_lessons(tmp_path):
    models = Writers(silent)
    run = search(settings_of(tmp_path, 16, reflect_every=EVERY), models)
    assert run.stopped == "evaluations"
    texts = [text_of(request) for request in models.asked]
    assert any(QUESTION in text for text in texts)
    assert not any(SECTION in text for text in texts)


def test_lessons_are_the_same_in_a_resumed_run_and_in_a_replay(tmp_path):
    whole = search(settings_of(tmp_path / "a", 40, reflect_every=EVERY), Writers(reflecting))
    first = search(settings_of(tmp_path / "b", 20, reflect_every=EVERY), Writers(reflecting))
    later = Writers(reflecting, first_call=first.spending().calls + 1)
    assert archived(resume(first, 20, later)) == archived(whole)
    assert any(SECTION in text_of(request) for request in later.asked)
    assert replay(whole.settings.archive, str(whole.name)).difference == ""
