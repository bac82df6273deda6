"""The embedded search has its share beside who writes, and each is told of its own."""

from __future__ import annotations

from collections import Counter

import pytest

from archive.entry import Entry
from evolve.proposers.mixed import MixedProposer, with_embedded
from evolve.proposers.proposer import Context, Draft
from evolve.replaying import replay
from evolve.settings import ModelSettings, Settings
from tests.evolve.proposers.policies import STATEFUL, context, entry
from tests.evolve.proposers.searches import A, archived, resume, search, settings_of, written
from tests.evolve.talking import Writers
from tests.problems import GUESS

NUMBERS = range(2, 402)


class Listening:
    """Offers a draft when `offers`; remembers what it is asked and told."""

    def __init__(self, name: str, offers: bool = True) -> None:
        self.name = name
        self.told: list[int] = []
        self._offers = offers

    def ask(self, context: Context) -> Draft | None:
        return Draft(f"x = {context.number}", (1,), self.name) if self._offers else None

    def tell(self, entry: Entry, gain: float) -> None:
        self.told.append(entry.number)


def played(mixed: MixedProposer) -> dict[int, str]:
    """Who proposed which number; every draft is told."""
    best = entry(1, STATEFUL, {})
    found = {}
    for number in NUMBERS:
        draft = mixed.ask(context(number, [best]))
        found[number] = draft.operator
        mixed.tell(entry(number, draft.source), 0.0)
    return found


@pytest.mark.parametrize("share", [0.1, 0.25, 0.6])
def test_the_embedded_search_has_its_share_and_each_is_told_of_its_own(share):
    writer, embedded = Listening("writer"), Listening("embedded")
    found = played(MixedProposer(writer, embedded, share))
    assert Counter(found.values())["embedded"] / len(NUMBERS) == pytest.approx(share, abs=0.07)
    assert embedded.told == [n for n, who in found.items() if who == "embedded"]
    assert writer.told == [n for n, who in found.items() if who == "writer"]


def test_the_writer_is_asked_where_the_other_one_has_nothing():
    writer = Listening("writer")
    found = played(MixedProposer(writer, Listening("embedded", offers=False), 1.0))
    assert set(found.values()) == {"writer"}
    assert writer.told == list(NUMBERS)


def test_without_a_share_there_is_the_writer_alone():
    writer = Listening("writer")
    assert with_embedded(writer, 0.0) is writer


def kinds_of(run) -> Counter[str]:
    return Counter(e.proposal.proposer.split("/")[0] for e in run.entries())


def test_a_run_that_asks_models_makes_some_proposals_for_nothing(tmp_path):
    run = search(settings_of(tmp_path, 60), Writers(written))
    kinds = kinds_of(run)
    assert kinds["syntax"] + kinds["constants"] >= 6
    assert kinds["model"] > kinds["syntax"] + kinds["constants"]
    assert run.spending().calls == kinds["model"]


def test_a_share_of_nothing_leaves_all_to_the_models(tmp_path):
    run = search(settings_of(tmp_path, 40, embedded_share=0.0), Writers(written))
    assert set(kinds_of(run)) == {"seed", "model"}


def test_a_resumption_goes_on_as_if_it_had_not_been_interrupted(tmp_path):
    whole = search(settings_of(tmp_path / "a", 60), Writers(written))
    first = search(settings_of(tmp_path / "b", 30), Writers(written))
    later = Writers(written, first_call=first.spending().calls + 1)
    assert archived(resume(first, 30, later)) == archived(whole)
    assert kinds_of(whole)["syntax"]
    assert replay(whole.settings.archive, str(whole.name)).difference == ""


def test_runs_from_before_have_nothing_beside_models():
    data = Settings(GUESS, model=ModelSettings(names=(A,))).to_json()
    assert Settings.from_json(data).model.embedded_share == ModelSettings().embedded_share > 0
    del data["model"]["embedded_share"]
    assert Settings.from_json(data).model.embedded_share == 0
