"""Several models: the bandit asks who brings most for what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest

from archive.entry import Amount
from evaluators.errors import UsageError
from evolve.llm.caller import Failed, Sent
from evolve.llm.failure import CallError
from evolve.llm.message import Reply, Request, Usage
from evolve.proposers.model import ModelProposer, Parts
from evolve.proposers.proposer import Answer, Context, Conversation, Draft, NoAnswer
from evolve.replaying import replay
from evolve.settings import ModelSettings
from evolve.streams import stream
from tests.evolve.prompting.situations import entry, seeds_of, task_of
from tests.evolve.proposers.searches import (
    A,
    B,
    archived,
    resume,
    search,
    settings_of,
    written,
)
from tests.evolve.talking import WORST, Writers
from tests.problems import GUESS

ROUNDS = 200


def chosen(reply_to: Callable[[Request], Answer]) -> Counter[str]:
    """How often each of two models is asked where every fifth answer of both gains as much."""
    problem = GUESS.load()
    proposer = ModelProposer(task_of(problem), ModelSettings(names=(A, B)))
    asked: Counter[str] = Counter()
    for number in range(100, 100 + ROUNDS):
        model = answered(proposer.ask(context_of(number)), reply_to)
        asked[model] += 1
        gain = 1e-3 if asked[model] % 5 == 0 else 0.0
        proposer.tell(entry(problem, number, f"x = {number}"), gain)
    return asked


def context_of(number: int, is_stuck: bool = False) -> Context:
    problem = GUESS.load()
    seeds = seeds_of(problem)
    return Context(
        number, problem.signature, problem.objectives, seeds[:2], seeds,
        lambda name: stream(1, number, name), seeds, is_stuck,
    )  # fmt: skip


def answered(conversation: Conversation | Draft | None, reply_to: Callable[[Request], Answer]):
    """The model that was asked; its answer ends the conversation."""
    request = next(conversation)
    with pytest.raises(StopIteration):
        conversation.send(reply_to(request))
    return request.model


def costing(tokens: int, usd: str | None, request: Request) -> Reply:
    price = None if usd is None else Decimal(usd)
    return Reply(written(request), "m", Usage(tokens, 0), "stop", b"", usd=price)


def test_who_costs_ten_times_the_dollars_for_the_same_gains_is_asked_less():
    asked = chosen(lambda r: costing(100, "0.010" if r.model == A else "0.001", r))
    assert 0 < 2 * asked[A] < asked[B]


def test_who_uses_ten_times_the_tokens_is_asked_less_where_no_price_is_known():
    asked = chosen(lambda r: costing(1000 if r.model == A else 100, None, r))
    assert 0 < 2 * asked[A] < asked[B]


def test_who_costs_the_same_is_asked_as_often():
    asked = chosen(lambda r: costing(100, "0.001", r))
    assert asked[A] == pytest.approx(asked[B], rel=0.5)


def test_who_is_paid_for_nothing_most_of_the_time_is_asked_less():
    calls: Counter[str] = Counter()

    def reply_to(request: Request) -> Answer:
        calls[request.model] += 1
        if request.model == A and calls[A] % 5:
            return NoAnswer("cut off: 64 output tokens and no text yet", Amount(1000))
        return costing(1000, None, request)

    asked = chosen(reply_to)
    assert asked[A] == pytest.approx(asked[B], rel=0.5), "what it costs is the same"

    def dearer(request: Request) -> Answer:
        answer = reply_to(request)
        return NoAnswer(answer.reason, Amount(9000)) if isinstance(answer, NoAnswer) else answer

    asked = chosen(dearer)
    assert 0 < 2 * asked[A] < asked[B]


def test_at_a_standstill_another_model_is_asked_than_that_of_the_last_commit():
    problem = GUESS.load()
    proposer = ModelProposer(task_of(problem), ModelSettings(names=(A, B)))
    for number in range(100, 160, 3):
        last = answered(proposer.ask(context_of(number)), lambda r: costing(100, None, r))
        proposer.tell(entry(problem, number, f"x = {number}"), 0.0)
        proposer.ask(context_of(number + 1))  # a resumed run may not ask for it, or ask another
        assert next(proposer.ask(context_of(number + 2, is_stuck=True))).model != last


class Wasteful(Writers):
    """Every third call of A's is paid for and gives nothing."""

    async def complete(self, request, observer):
        if request.model != A or len(self.asked) % 3:
            return await super().complete(request, observer)
        self.asked.append(request)
        number = next(self._numbers)
        error = CallError("cut off", "64 output tokens and no text yet")
        observer(Sent(number, request, WORST))
        observer(Failed(number, error, Amount(50), True))
        raise error


def test_what_was_paid_for_nothing_is_rebuilt_by_a_replay(tmp_path):
    models = Wasteful(written)
    run = search(settings_of(tmp_path, 60, names=(A, B)), models)
    assert any(e.proposal.rejection.startswith("cut off") for e in run.entries())
    assert {r.model for r in models.asked} == {A, B}
    assert replay(run.settings.archive, str(run.name)).difference == ""


@pytest.mark.parametrize("reflect_every", [0, 5])
def test_what_was_learnt_is_rebuilt_by_a_resumption(tmp_path, reflect_every):
    usd = {A: "0.010", B: "0.001"}
    model = {"names": (A, B), "reflect_every": reflect_every}
    whole = search(settings_of(tmp_path / "a", 30, **model), Writers(written, usd))
    first = search(settings_of(tmp_path / "b", 16, **model), Writers(written, usd))
    later = Writers(written, usd, first_call=first.spending().calls + 1)
    assert archived(resume(first, 14, later)) == archived(whole)
    assert replay(whole.settings.archive, str(whole.name)).difference == ""


def test_weights_share_out_what_goes_by_no_experience(tmp_path):
    models = Writers(written)
    settings = settings_of(tmp_path, 60, names=(A, B), weights=(3.0, 1.0))
    search(settings, models, Parts(bandit=False))
    asked = Counter(request.model for request in models.asked)
    assert asked[A] / asked.total() == pytest.approx(0.75, abs=0.12)


def test_weights_are_as_many_as_models():
    with pytest.raises(UsageError, match="1 numbers for 2 models"):
        ModelSettings(names=(A, B), weights=(3.0,))
