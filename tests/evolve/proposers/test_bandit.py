from collections import Counter

import numpy as np
import pytest

from evolve.proposers.bandit import EXPLORATION, Bandit, Reward
from tests.evolve.proposers.policies import BARE, entry

ARMS = ["a", "b", "c", "d", "e"]


def play(rates: dict[str, float], rounds: int, seed: int, bandit: Bandit | None = None):
    """How often each arm was chosen when it pays 1 at its rate."""
    random = np.random.default_rng(seed)
    bandit = bandit or Bandit(dict.fromkeys(ARMS, 1.0))
    chosen: Counter[str] = Counter()
    for _ in range(rounds):
        arm = bandit.choose(ARMS, random)
        chosen[arm] += 1
        bandit.tell(arm, float(random.random() < rates.get(arm, 0.02)))
    return chosen


@pytest.mark.parametrize("seed", range(5))
def test_proposals_shift_to_the_arm_that_pays(seed):
    chosen = play({"c": 0.4}, rounds=600, seed=seed)
    assert chosen["c"] > 0.5 * 600


@pytest.mark.parametrize("seed", range(5))
def test_no_arm_starves(seed):
    chosen = play({"c": 0.9}, rounds=2000, seed=seed)
    floor = 2000 * EXPLORATION / len(ARMS)
    assert min(chosen[a] for a in ARMS) > 0.6 * floor


def test_an_arm_that_dried_up_gives_way():
    bandit = Bandit(dict.fromkeys(ARMS, 1.0))
    play({"a": 0.5}, rounds=400, seed=1, bandit=bandit)
    chosen = play({"b": 0.5}, rounds=800, seed=2, bandit=bandit)
    assert chosen["b"] > chosen["a"]


def test_choices_are_a_function_of_tells_and_stream():
    assert play({"a": 0.3}, 200, seed=7) == play({"a": 0.3}, 200, seed=7)


def test_only_arms_at_hand_are_chosen():
    bandit = Bandit({"a": 1.0, "b": 1000.0})
    assert {bandit.choose(["a"], np.random.default_rng(s)) for s in range(20)} == {"a"}


def test_rewards_follow_gains_and_stay_between_0_and_1():
    reward, valid = Reward(), entry(1, BARE, {"error": 1.0, "speed": 1.0})
    failed = entry(2, BARE)
    large, small = reward.of(valid, 1e-2), reward.of(valid, 1e-4)
    assert 1 >= large > small > reward.of(valid, 0.0) > reward.of(failed, 0.0) == 0.0
    later = [reward.of(valid, 1e-5) for _ in range(500)]
    assert later[-1] > later[0]  # small gains count once large ones are long past
