"""Whole searches with a model over real HTTP, against a stub that fails in every way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import evolve
from archive.store.journal import open_journal
from evaluators.errors import UsageError
from evolve.settings import ModelSettings, Settings
from tests.evolve.fakes import DelayedExecutor
from tests.problems import GUESS
from tests.stub_models.answers import guess
from tests.stub_models.faults import FAULTS
from tests.stub_models.plans import cycle
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


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_run_survives_every_passing_fault(tmp_path, concurrency):
    faults = [f for f in FAULTS if f not in FATAL | SLOW | STOPPING]
    mended = [part for fault in faults for part in (fault, "ok", "ok", "ok")]
    with running(StubModels(cycle(*mended), text=guess)) as stub:
        run = search(tmp_path, stub, concurrency)
        seen = len(stub.requests)
    assert run.stopped == "evaluations"
    spending = run.spending()
    assert spending.calls == seen == sum(spending.ends.values())
    assert spending.known.tokens + spending.unknown.tokens <= 2_000_000
    assert sum(spending.failures.values()) == spending.ends["failed"]
    assert any(e.proposal.proposer.startswith("model/") and e.is_valid for e in run.entries())


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
    spending = run.spending()
    assert 0 < spending.known.tokens + spending.unknown.tokens <= 40_000


def test_more_money_lets_a_run_go_on(tmp_path):
    with running(StubModels(text=guess)) as stub:
        run = search(tmp_path, stub, tokens=12_000, evaluations=20)
        assert run.stopped == "spent"
        executor = DelayedExecutor(GUESS.load(), 2, lambda: 0.0)
        more = evolve.resume(str(tmp_path), run.name, more_tokens=2_000_000, executor=executor)
        assert more.stopped == "evaluations"
        with pytest.raises(UsageError, match="no budget in usd"):
            evolve.resume(str(tmp_path), run.name, more_usd="5", executor=executor)


def test_no_evaluation_is_made_twice_and_every_reply_is_kept(tmp_path):
    with running(StubModels(text=guess)) as stub:
        run = search(tmp_path, stub, concurrency=8)
        asked = len(stub.requests)
    with open_journal(tmp_path, run.name) as journal:
        assert len(journal.call_ends()) == asked
        keys = Counter(e.key for e in journal.evaluations())
    assert set(keys.values()) == {1}
