"""Whole searches with a model over real HTTP, against a stub that fails in every way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import evolve
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.cli.run_page import status_page
from evolve.replaying import replay
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor
from tests.problems import GUESS
from tests.stub_models.answers import guess
from tests.stub_models.faults import FAULTS
from tests.stub_models.plans import Plan, cycle
from tests.stub_models.server import StubModels, running

SLOW = {"silence", "slow drip", "rate limit with a hint"}  # each takes seconds
FATAL = {"unauthorized", "forbidden", "missing model", "quota", "redirect"}
STOPPING = {"overstated usage"}  # more than was reserved: never again


def settings_of(archive: Path, url: str, concurrency: int, **changes) -> Settings:
    model = ModelSettings(
        names=("openai/stub",), base_url=f"{url}/v1", concurrency=concurrency, timeout_s=2.0,
        output_tokens=500,
    )  # fmt: skip
    given = {"evaluations": 30, "tokens": 2_000_000, **changes}
    return Settings(GUESS, seed=1, archive=str(archive), model=model, **given)


def search(archive: Path, stub: StubModels, concurrency: int = 4, **changes):
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    return evolve.run(settings_of(archive, stub.url, concurrency, **changes), executor=executor)


def mended(faults: Iterable[str]) -> Plan:
    """Each fault in turn, and two good answers after it."""
    return cycle(*(part for fault in faults for part in (fault, "ok", "ok")))


def requests_of(bodies: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """How often each thing was asked; the order of keys does not matter."""
    return Counter(json.dumps([b["messages"], b["seed"]], sort_keys=True) for b in bodies)


def check_nothing_is_lost(run: evolve.Run, stub: StubModels) -> None:
    """Whatever the stub saw is journalled, whatever it answered is used, once."""
    with store_at(run.settings.archive).open(run.name) as journal:
        calls, ends = list(journal.calls()), list(journal.call_ends())
        evaluations = Counter(e.key for e in journal.evaluations())
    assert requests_of(r.body for r in stub.requests) <= requests_of(c.request for c in calls)
    assert sorted(c.id for c in calls) == sorted(e.id for e in ends)
    of = {c.id: (c.number, c.turn) for c in calls}
    answered = Counter(of[e.id] for e in ends if e.state == "answered")
    assert set(answered.values()) == {1}, "an answered request was asked again"
    entries = [e.number for e in run.entries()]
    assert sorted(entries) == list(range(1, len(entries) + 1))
    assert {number for number, _ in answered} <= set(entries)
    assert set(evaluations.values()) == {1}, "an evaluation was made twice"


def check_spending(run: evolve.Run) -> None:
    """It keeps to the budget, and says why calls failed."""
    spending = run.spending()
    assert spending.known.tokens + spending.unknown.tokens <= run.settings.tokens
    assert sum(spending.failures.values()) == spending.ends["failed"] > 0
    page = status_page(run, run.settings.archive)
    for reason, count in [*spending.failures.items(), *spending.no_answers.items()]:
        assert f"{count} x {reason}" in page


@pytest.mark.parametrize("concurrency", [1, 16, 64])
def test_a_run_survives_every_passing_fault(tmp_path, concurrency):
    faults = [f for f in FAULTS if f not in FATAL | SLOW | STOPPING]
    with running(StubModels(mended(faults), text=guess)) as stub:
        run = search(tmp_path, stub, concurrency, evaluations=70)
    assert run.stopped == "evaluations"
    assert {r.fault for r in stub.requests} >= set(faults)
    check_nothing_is_lost(run, stub)
    check_spending(run)
    assert any(e.proposal.proposer.startswith("model/") and e.is_valid for e in run.entries())


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("concurrency", [1, 16, 64])
def test_a_run_survives_slow_faults_too(tmp_path, concurrency):
    faults = [f for f in FAULTS if f not in FATAL | STOPPING]
    with running(StubModels(mended(faults), text=guess)) as stub:
        run = search(tmp_path, stub, concurrency, evaluations=max(100, 2 * concurrency))
    assert run.stopped == "evaluations"
    assert {r.fault for r in stub.requests} >= set(faults)
    check_nothing_is_lost(run, stub)
    check_spending(run)


@pytest.mark.parametrize("fault", sorted(FATAL))
def test_a_run_ends_where_no_model_will_ever_answer(tmp_path, fault):
    with running(StubModels(lambda _: fault, text=guess)) as stub:
        run = search(tmp_path, stub)
    assert run.stopped == "no model answers"
    assert run.spending().known.tokens == 0
    assert run.spending().no_answers
    assert all(e.is_valid for e in run.baselines().values())


def test_a_budget_of_tokens_ends_a_run_and_is_never_passed(tmp_path):
    with running(StubModels(text=guess)) as stub:
        run = search(tmp_path, stub, concurrency=8, tokens=40_000, evaluations=500)
    assert run.stopped == "spent"
    check_nothing_is_lost(run, stub)
    spending = run.spending()
    assert 0 < spending.known.tokens + spending.unknown.tokens <= 40_000
    assert sum(spending.no_answers.values()) <= 1, "asked for what could not be paid"


def test_more_money_lets_a_run_go_on(tmp_path):
    with running(StubModels(text=guess)) as stub:
        run = search(tmp_path, stub, tokens=12_000, evaluations=20)
        assert run.stopped == "spent"
        executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
        more = evolve.resume(str(tmp_path), run.name, more_tokens=2_000_000, executor=executor)
        assert more.stopped == "evaluations"
        with pytest.raises(UsageError, match="no budget in usd"):
            evolve.resume(str(tmp_path), run.name, more_usd="5", executor=executor)


def check_nothing_was_sent_after(run: evolve.Run, seconds: float) -> None:
    """No attempt was begun later than that after the first, and each was waited for."""
    with store_at(run.settings.archive).open(run.name) as journal:
        sent = [datetime.fromisoformat(c.at) for c in journal.calls()]
        states = {e.state for e in journal.call_ends()}
    assert max(sent) - sent[0] < timedelta(seconds=seconds)
    assert "given up" not in states


def check_it_goes_on(run: evolve.Run) -> None:
    """A replay is the same, and a resumed run asks what never got its reply."""
    archive, name, done = run.settings.archive, run.name, len(run.entries())
    assert not run.spending().no_answers, "an unsent request was journalled as unanswered"
    assert replay(archive, name).difference == ""
    executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
    resumed = evolve.resume(archive, name, seconds=60, executor=executor)
    assert resumed.stopped == "evaluations"
    assert len(resumed.entries()) > done
    assert replay(archive, name).difference == ""


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """The SDK is imported: else that may take all the seconds that a run has."""
    with running(StubModels(text=guess)) as stub:
        search(tmp_path_factory.mktemp("warm"), stub, evaluations=5)


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("warm")
def test_seconds_end_a_run_whose_endpoint_is_paused(tmp_path):
    is_down = True
    with running(StubModels(lambda _: "unavailable" if is_down else "ok", text=guess)) as stub:
        run = search(tmp_path, stub, concurrency=8, evaluations=30, seconds=2.0)
        seen = len(stub.requests)
        assert run.stopped == "seconds"
        assert seen >= 5  # in a row: it was paused
        check_nothing_was_sent_after(run, 2.0)
        is_down = False
        check_it_goes_on(run)
        check_nothing_is_lost(evolve.open_run(str(tmp_path), run.name), stub)
    again = requests_of(r.body for r in stub.requests[seen:])
    assert requests_of(r.body for r in stub.requests[:seen]).keys() <= again.keys()


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (cycle("ok"), guess),  # the next in the queue
        (cycle("ok"), "I would rather not."),  # a repair turn
        (cycle("server error", "server error", "ok"), guess),  # another attempt
    ],
    ids=["queue", "turns", "attempts"],
)
@pytest.mark.parametrize("concurrency", [1, 4])
def test_seconds_end_what_is_not_on_the_wire(tmp_path, plan, says, concurrency):
    is_slow = True
    stub = StubModels(
        lambda number: plan(number) if is_slow else "ok",
        text=says,
        latency_s=lambda _: 0.35 if is_slow else 0.0,
    )
    with running(stub):
        run = search(tmp_path, stub, concurrency, evaluations=30, seconds=1.0)
        assert run.stopped == "seconds"
        check_nothing_was_sent_after(run, 1.0)
        assert stub.in_flight == 0
        is_slow = False
        if says is guess:
            check_it_goes_on(run)
            check_nothing_is_lost(evolve.open_run(str(tmp_path), run.name), stub)
