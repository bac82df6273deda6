"""Parts of the search with models can be left out, where their worth is measured."""

from __future__ import annotations

from collections import Counter

import pytest

import evolve
from evolve.llm.message import Request
from evolve.proposers.model import SHARES, Parts
from tests.evolve.proposers.searches import search, settings_of, text_of, written
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
