"""Answers may come many at a time: a tuner that is seldom asked is still told everything."""

from evolve.proposers.constants import ConstantTuner
from evolve.proposers.syntax import Program
from tests.evolve.proposers.policies import POLICIES, context, entry


def test_several_generations_are_told_before_the_next_ask() -> None:
    source = POLICIES["ordered"]
    best = entry(1, source, {"error": 9.0, "speed": 9.0})
    tuner = ConstantTuner(lambda e, signature: Program(e.proposal.source, signature))
    for burst in range(4):
        numbers = range(2 + 30 * burst, 32 + 30 * burst)
        drafts = [tuner.ask(context(n, [best])) for n in numbers]
        for number, draft in zip(numbers, drafts, strict=True):
            assert draft is not None
            tuner.tell(entry(number, draft.source, {"error": 5.0, "speed": 100.0 / number}))
