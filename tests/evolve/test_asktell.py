"""People answer prompts of a run that nobody runs meanwhile: tickets, leases, answers, replay."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest

import evolve
from archive.store.folder import FolderStore
from archive.store.names import being_written
from evaluators.errors import UsageError
from evolve import asktell
from evolve.people import PERSON
from evolve.replaying import replay
from evolve.runs import open_run
from evolve.settings import ModelSettings
from evolve.tickets import lease, open_tickets
from tests.evolve.answering import answer_all, policy, settings_of, submit
from tests.evolve.fakes import DelayedExecutor
from tests.evolve.talking import Echo
from tests.problems import GUESS

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    archive = tmp_path_factory.mktemp("prepared")
    evolve.run(settings_of(archive), patient=False)
    return archive


@pytest.fixture
def run(prepared, tmp_path):
    """A run that waits for answers to two tickets, and that nobody runs."""
    shutil.copytree(prepared / "r", tmp_path / "r")
    return open_run(str(tmp_path), "r")


def test_it_stops_where_only_people_can_bring_it_on(run):
    assert run.stopped == "waiting for answers"
    assert list(run.tickets()) == ["5.0", "6.0"]
    assert all(e.is_valid for e in run.baselines().values())
    assert run.front("selection")


def test_an_answer_is_evaluated_and_its_outcome_told(run, tmp_path):
    leased = run.ask()
    assert leased.ticket.name == "5.0"
    assert "guess" in leased.ticket.request.messages[-1].content
    told = run.tell("5.0", policy(0.9))
    assert told.entry is not None
    assert told.entry.number == 5
    assert told.entry.decision in ("front", "dominated")
    assert told.entry.proposal.source == policy(0.9)
    again = open_run(str(tmp_path), "r")
    assert list(again.tickets()) == ["6.0", "7.0"]
    spent = again.spending()
    assert spent.known.tokens == spent.unknown.tokens == 0
    assert spent.ends["answered"] == 1


def test_what_is_no_policy_is_sent_back_once_with_the_reason(run):
    told = run.tell("5.0", "def guess(last):\n    return (\n")
    assert told.entry is None
    assert told.sent_back is not None
    assert told.sent_back.name == "5.1"
    assert "it is not Python" in told.sent_back.request.messages[-1].content
    assert run.ask().ticket.name == "6.0", "the mended answer is left to who was refused"
    told = run.tell("5.1", "def guess(last):\n    return [\n")
    assert told.entry is not None
    assert told.entry.decision == "failed"
    assert "it is not Python" in told.entry.outcome.message


@pytest.mark.parametrize(
    ("ticket", "text", "message"),
    [
        ("9.0", policy(0.5), "run r has no ticket '9.0'"),
        ("x", policy(0.5), "run r has no ticket 'x'"),
        ("5.0", " \n", "the answer is empty"),
        ("5.0", "I would rather not.", "has no program"),
        ("5.0", "def guess(\ud800): pass", "no text"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_it_is_journalled(
    run, tmp_path, ticket, text, message
):
    with pytest.raises(UsageError, match=message) as refused:
        run.tell(ticket, text)
    assert refused.value.hint
    with FolderStore(tmp_path).open("r") as journal:
        assert list(journal.messages()) == []


def test_a_fault_of_the_run_says_that_the_answer_is_taken(run, monkeypatch):
    def refuse(*args, **kwargs):
        raise UsageError("there is no sandbox here", "go elsewhere")

    monkeypatch.setattr(asktell, "resume", refuse)
    with pytest.raises(UsageError) as refused:
        run.tell("5.0", policy(0.9))
    monkeypatch.undo()
    said = "there is no sandbox here; the answer to ticket 5.0 is taken"
    assert (refused.value.message, refused.value.hint) == (said, "go elsewhere")
    run.tell("6.0", policy(0.8))
    assert run.entry(5).proposal.source == policy(0.9)


def test_a_writer_that_ends_meanwhile_is_no_fault(run, monkeypatch):
    written = iter([being_written("r", "process 7")])

    def once_refused(*args, **kwargs):
        for error in written:
            raise error
        return evolve.resume(*args, **kwargs)

    monkeypatch.setattr(asktell, "resume", once_refused)
    assert run.tell("5.0", policy(0.9)).entry is not None


def test_in_the_proposals_own_order_an_answer_waits_for_those_before_it(tmp_path):
    run = evolve.run(settings_of(tmp_path, exact=True), patient=False)
    told = run.tell("6.0", policy(0.8))
    assert (told.ticket.name, told.entry, told.sent_back) == ("6.0", None, None)
    told = run.tell("5.0", policy(0.9))
    assert told.entry is not None
    assert run.entry(6).proposal.source == policy(0.8)


def test_a_ticket_is_answered_once(run, tmp_path):
    submit(tmp_path, run.tickets()["5.0"])
    with pytest.raises(UsageError, match=r"5\.0 of run r is answered already") as refused:
        run.tell("5.0", policy(0.6))
    assert refused.value.hint == "open: 6.0"


def test_leases_keep_others_away_until_they_expire(run, tmp_path):
    archive = str(tmp_path)
    first = asktell.ask(archive, "r", minutes=30, clock=lambda: BEGAN)
    second = asktell.ask(archive, "r", minutes=10, clock=lambda: BEGAN)
    assert {first.ticket.name, second.ticket.name} == {"5.0", "6.0"}
    later = BEGAN + timedelta(minutes=4)
    with pytest.raises(UsageError, match=r"is leased: 5\.0, 6\.0") as refused:
        asktell.ask(archive, "r", clock=lambda: later)
    assert refused.value.hint == "ask again in 6 minutes, when the first lease ends"
    unleased = {"7.0": first.ticket}  # opened since the leases were looked at
    with FolderStore(tmp_path).open("r") as journal:
        assert "again in 0 minutes" in asktell._all_leased(journal, unleased, later).hint
    expired = BEGAN + timedelta(minutes=10)
    assert asktell.ask(archive, "r", clock=lambda: expired).ticket.name == "6.0"
    assert run.tell("5.0", policy(0.7)).entry is not None, "a lease is no condition of an answer"


def test_beside_a_run_that_opens_no_other_ticket_nobody_waits_for_one(run, tmp_path, monkeypatch):
    monkeypatch.setattr(asktell, "_FOR_ANOTHER_S", 0.0)
    with FolderStore(tmp_path).open("r", write=True):
        submit(tmp_path, run.tickets()["5.0"])
        assert run.ask().ticket.name == "6.0"
        with pytest.raises(UsageError, match=r"is leased: 6\.0"):
            run.ask()


def test_an_answer_is_heard_when_the_seconds_of_the_run_are_over(run, tmp_path):
    with FolderStore(tmp_path).open("r", write=True) as journal:
        given = {"seconds": 1e-9, "seconds_in_all": 1e-9}
        journal.add_note("resume", given, BEGAN.isoformat())
        journal.add_note("stop", {"reason": "seconds", "elapsed_s": 1.0}, BEGAN.isoformat())
    assert open_run(str(tmp_path), "r").seconds_left == 0
    assert run.ask().ticket.name == "5.0"
    assert run.tell("5.0", policy(0.7)).entry is not None
    assert open_run(str(tmp_path), "r").seconds_left == 0


@pytest.mark.parametrize("minutes", [0, -1, 99_999_999_999, float("inf"), float("nan")])
def test_a_ticket_is_leased_for_a_week_at_most(run, minutes):
    with pytest.raises(UsageError, match=r"a lease of .* minutes") as refused:
        run.ask(minutes)
    assert "10080" in refused.value.hint


def test_two_who_want_the_same_ticket_do_not_both_get_it(run, tmp_path):
    clock = lambda: BEGAN  # noqa: E731
    store = FolderStore(tmp_path)
    with store.open_aside("r") as one, store.open_aside("r") as other:
        ticket = open_tickets(one)["5.0"]
        assert lease(one, ticket, timedelta(minutes=1), clock) is not None
        assert lease(other, ticket, timedelta(minutes=9), clock) is None
        later = BEGAN + timedelta(minutes=1)
        assert lease(other, ticket, timedelta(minutes=1), lambda: later) is not None


def test_a_run_of_people_alone_ends_and_is_replayed(run, tmp_path):
    answered = answer_all(tmp_path, run)
    assert any(name.endswith(".1") for name in answered), "none was sent back"
    done = open_run(str(tmp_path), "r")
    assert done.stopped == "evaluations"
    told = [e for e in done.entries() if e.proposal.proposer.endswith("/person")]
    assert len([e for e in told if e.is_valid]) == 4
    replayed = replay(str(tmp_path), "r")
    assert replayed.difference == ""
    assert replayed.calls >= len(answered)
    with pytest.raises(UsageError, match=r"asks for nothing more: it stopped \(evaluations\)"):
        done.ask()


def test_what_waited_to_be_sent_keeps_no_run_from_going_on(tmp_path):
    model = ModelSettings(names=("echo/x",), concurrency=2)
    settings = settings_of(tmp_path, model=model, tokens=10**9, evaluations=40)
    run = evolve.run(settings, patient=False)
    for _ in range(2):  # no model is asked meanwhile: tickets overtake requests to it
        ticket = next(iter(run.tickets().values()))
        assert run.tell(ticket.name, policy(0.3 + ticket.number / 100)).ticket == ticket
    with FolderStore(tmp_path).open("r") as journal:
        assert {c.request["model"] for c in journal.calls()} == {PERSON}
        asked = {c.number for c in journal.calls()}
    assert asked != set(range(min(asked), max(asked) + 1)), "none was overtaken"
    assert replay(str(tmp_path), "r").difference == ""
    models = Echo(lambda: 0.01)
    executor = DelayedExecutor(GUESS.load(), 1, lambda: 0.0)
    resumed = evolve.resume(str(tmp_path), "r", seconds=2, models=models, executor=executor)
    assert resumed.stopped == "seconds"
    assert models.asked
    assert list(resumed.tickets()), "a run whose seconds end does not wait for people"
    assert replay(str(tmp_path), "r").difference == ""


def test_runs_that_ask_nobody_say_so(tmp_path):
    settings = settings_of(tmp_path, ask_tell=0, evaluations=4)
    run = evolve.run(settings)
    with pytest.raises(UsageError, match="asks no people"):
        run.ask()
    with pytest.raises(UsageError, match="writes no prompts"):
        run.hint("sort first")
    with pytest.raises(UsageError, match="no run 'q'"):
        asktell.ask(str(tmp_path), "q")


@pytest.mark.parametrize(("text", "message"), [(" ", "is empty"), ("\udcff", "is no text")])
def test_a_run_is_not_started_with_a_hint_that_says_nothing(tmp_path, text, message):
    with pytest.raises(UsageError, match=message):
        evolve.run(settings_of(tmp_path, hints=(text,)))
    assert FolderStore(tmp_path).names() == []


def test_a_hint_is_shown_from_the_next_prompt_on(run, tmp_path):
    with pytest.raises(UsageError, match="the hint is empty"):
        run.hint(" ")
    with pytest.raises(UsageError, match="the hint has 7000 bytes, a prompt shows at most"):
        run.hint("x" * 7_000)
    run.hint("try the median")
    assert "try the median" in shown(replay(str(tmp_path), "r").next_request)
    run.tell("5.0", policy(0.8))
    run.hint("or the mode")
    run.tell("6.0", policy(0.6))
    asked = open_run(str(tmp_path), "r").tickets()
    assert "try the median" in shown(asked["7.0"].request)
    assert "or the mode" not in shown(asked["7.0"].request)
    assert "or the mode" in shown(asked["8.0"].request)
    replayed = replay(str(tmp_path), "r")
    assert replayed.difference == ""
    prompt = shown(replayed.next_request)
    assert prompt.index("or the mode") < prompt.index("try the median"), "the latest comes first"


def shown(request) -> str:
    return "\n".join(m.content for m in request.messages)
