import hashlib
import subprocess
import sys

import pytest

from archive.entry import Entry
from archive.normal_form import normal_digest
from evolve.proposers.embedded import EmbeddedProposer
from tests.evolve.proposers.policies import POLICIES, context, entry

LOOKAHEAD = 4


def outcome(number: int, source: str) -> tuple[Entry, float]:
    """A made-up verdict that depends on the source alone: a third fail, some gain."""
    digest = hashlib.sha256(source.encode()).digest()
    if digest[0] % 3 == 0:
        return entry(number, source), 0.0
    values = {"error": digest[1] / 25.0, "speed": digest[2] / 100.0}
    return entry(number, source, values), (digest[3] / 1e4 if digest[0] % 5 == 0 else 0.0)


def search(asks: int, seed: int = 0, proposer: EmbeddedProposer | None = None):
    """What a run asks and tells: entry i is told before proposal i + LOOKAHEAD is asked."""
    proposer = proposer or EmbeddedProposer()
    known = [
        entry(i, source, {"error": 5.0 + i, "speed": 1.0 + i})
        for i, source in enumerate(POLICIES.values(), start=1)
    ]
    drafts, told = [], []
    for i in range(asks):
        number = len(POLICIES) + 1 + i
        while len(told) <= i - LOOKAHEAD:
            verdict, gain = outcome(len(POLICIES) + 1 + len(told), drafts[len(told)].source)
            told.append(verdict)
            proposer.tell(verdict, gain)
            if verdict.is_valid:
                known.append(verdict)
        parents = [known[(7 * i) % len(known)], known[(3 * i + 1) % len(known)]]
        if parents[0] is parents[1]:
            parents.pop()
        drafts.append(proposer.ask(context(number, parents, known[-8:], seed=seed)))
    return drafts, known


def test_drafts_are_a_function_of_what_was_asked_and_told():
    assert search(120)[0] == search(120)[0]
    assert search(40, seed=1)[0] != search(40, seed=2)[0]


def test_every_ask_is_answered_by_something_new():
    drafts, known = search(150)
    digests = {e.number: e.proposal.normal_digest for e in known}
    for draft in drafts:
        assert draft is not None
        compile(draft.source, "draft", "exec")
        assert draft.parents
        digest = normal_digest(draft.source)
        assert digest not in {digests[n] for n in draft.parents if n in digests}


def test_both_operators_and_tuner_have_their_share():
    drafts, _ = search(150)
    arms = {draft.operator for draft in drafts}
    assert "constants" in arms
    assert len(arms) > 8
    assert all(a == "constants" or a.startswith("syntax/") for a in arms)


def test_a_parent_without_its_own_entry_is_passed_over():
    other = "decide = lambda waiting: {'order': [], 'admit': 1, 'is_urgent': False}\n"
    values = {"error": 1.0, "speed": 1.0}
    alone = context(2, [entry(1, other, values)])
    assert EmbeddedProposer().ask(alone) is None
    with_another = context(3, [entry(1, other, values), entry(2, POLICIES["ordered"], values)])
    draft = EmbeddedProposer().ask(with_another)
    assert draft is not None
    assert draft.parents == (2,)


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_one_parent_is_enough(name):
    proposer = EmbeddedProposer()
    parent = entry(1, POLICIES[name], {"error": 1.0, "speed": 1.0})
    drafts = [proposer.ask(context(n, [parent])) for n in range(2, 20)]
    assert all(d is not None and d.parents == (1,) for d in drafts)
    assert len({d.source for d in drafts if d}) > 14


def test_importing_the_proposer_costs_no_heavy_import():
    heavy = "{'cma', 'scipy', 'moocore', 'sqlalchemy', 'rich'}"
    code = f"import sys, evolve.proposers.embedded; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
