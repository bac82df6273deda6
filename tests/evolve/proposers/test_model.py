"""Parts of the search with models can be left out, where their worth is measured."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

import evolve
from archive.entry import Call
from archive.store.places import store_at
from evolve.llm.failure import CallError
from evolve.llm.message import Request
from evolve.proposers.model import SHARES, Parts
from evolve.state import BARREN
from tests.evolve.proposers.searches import resume, search, settings_of, text_of, written
from tests.evolve.talking import Writers

INSPIRATIONS = "# Other programs"


def kinds_of(run: evolve.Run) -> Counter[str]:
    proposers = (e.proposal.proposer.split("/") for e in run.entries())
    return Counter(who[1] for who in proposers if who[0] == "model")


def test_all_parts_stand_by_default(tmp_path):
    models = Writers(written)
    kinds = kinds_of(search(settings_of(tmp_path, 50), models))
    assert set(kinds) == set(SHARES)
    assert any(INSPIRATIONS in text_of(request) for request in models.asked)


def test_crossover_and_inspirations_can_be_left_out(tmp_path):
    models = Writers(written)
    parts = Parts(crossover=False, inspirations=False)
    kinds = kinds_of(search(settings_of(tmp_path, 50), models, parts))
    assert set(kinds) == set(SHARES) - {"crossover"}
    assert not any(INSPIRATIONS in text_of(request) for request in models.asked)


def only_simplify_works(request: Request, number: int) -> str:
    is_asked = "Write a simpler and faster program" in request.messages[-1].content
    return written(request) if is_asked else "I would rather not."


def test_without_the_bandit_kinds_keep_their_shares(tmp_path):
    share = {}
    for name, parts in (("with", Parts()), ("without", Parts(bandit=False))):
        run = search(settings_of(tmp_path / name, 16), Writers(only_simplify_works), parts)
        kinds = kinds_of(run)
        share[name] = kinds["simplify"] / kinds.total()
    assert share["without"] == pytest.approx(SHARES["simplify"] / sum(SHARES.values()), abs=0.06)
    assert share["with"] > 2 * share["without"]


LONG = 6_000  # bytes: beside the rest, more than the prompts of these runs may have
BUDGET = 7_000


def at_length(request: Request, number: int) -> str:
    comment = "# wordy\n" * (LONG // 8)
    return written(request).replace("def guess", f"{comment}def guess")


def test_a_program_that_no_prompt_can_show_ends_no_run(tmp_path):
    models = Writers(at_length)
    run = search(settings_of(tmp_path, 60, prompt_tokens=BUDGET), models)
    assert run.stopped == "evaluations"
    unasked = [
        e for e in run.entries() if "model.prompt_tokens allows 7000" in e.proposal.rejection
    ]
    assert unasked
    assert any(len(e.proposal.source) > LONG and e.is_valid for e in run.entries())
    numbers = {e.number for e in unasked}
    assert not numbers & {call.number for call in calls_of(run)}
    more = resume(run, 4, models)
    assert more.stopped == "evaluations"


def test_an_answer_that_no_repair_can_show_is_refused_with_its_own_reason(tmp_path):
    models = Writers(lambda request, n: at_length(request, n).replace("return", "return ("))
    settings = dataclasses.replace(settings_of(tmp_path, 40, prompt_tokens=BUDGET), evaluations=12)
    run = search(settings, models)
    refused = [e for e in run.entries() if "not Python" in e.proposal.rejection]
    assert refused
    assert len([c for c in calls_of(run) if c.turn == 1]) == 0


class Mute(Writers):
    """Every third request gets no answer."""

    async def complete(self, request, observer):
        if len(self.asked) % 3:
            return await super().complete(request, observer)
        self.asked.append(request)
        raise CallError("authentication", "no such key")


def test_what_was_never_answered_is_nothing_that_was_tried(tmp_path):
    models = Mute(written)
    run = search(settings_of(tmp_path, 20), models)
    assert any("no such key" in e.proposal.rejection for e in run.entries())
    texts = [text_of(request) for request in models.asked]
    assert any("# What was tried" in text for text in texts)
    assert not any("no such key" in text for text in texts)


def calls_of(run: evolve.Run) -> list[Call]:
    with store_at(run.settings.archive).open(run.name) as journal:
        return list(journal.calls())


def test_a_run_whose_models_never_write_a_policy_ends(tmp_path):
    models = Writers(lambda request, number: "I would rather not.")
    run = search(settings_of(tmp_path, 8, embedded_share=0.0), models)
    assert run.stopped == "exhausted"
    refused = [e for e in run.entries() if e.proposal.rejection]
    assert BARREN <= len(refused) < BARREN + 40
