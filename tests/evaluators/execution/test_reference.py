"""What a policy's CPU time is compared with."""

from __future__ import annotations

import pytest

from evaluators.contract import Failure, Measurements
from evaluators.execution.lockstep import Played, Playing
from evaluators.execution.reference import reference_costs_s, relative_costs


def played(cpu_s: float, num_decisions: int) -> Played:
    return Played(Measurements({}), "", cpu_s, num_decisions)


REFERENCE = reference_costs_s(Playing({"w": played(2.0, 100), "unasked": played(0.1, 0)}, 2.1))


@pytest.mark.parametrize(
    ("cpu_s", "num_decisions", "ratio"),
    [
        (2.0, 100, 1.0),
        (2.0, 50, 2.0),  # asked less often: per own decision
        (2.0, 400, 1.0),  # cheap decisions that it asked for itself make the others no cheaper
        (6.0, 300, 3.0),
    ],
)
def test_cpu_time_is_shared_by_no_more_decisions_than_the_references(
    cpu_s: float, num_decisions: int, ratio: float
) -> None:
    mine = {"w": played(cpu_s, num_decisions)}
    assert relative_costs(mine, REFERENCE, can_ask_more=True) == {"w": pytest.approx(ratio)}


def test_where_nobody_can_ask_more_cpu_time_is_per_own_decision() -> None:
    assert relative_costs({"w": played(8.0, 400)}, REFERENCE) == {"w": pytest.approx(1.0)}


def test_nothing_is_compared_where_nothing_was_decided() -> None:
    failed = Played(Failure("crash", "it died"), "", 1.0, 3)
    assert relative_costs({"unasked": played(0.2, 0), "w": failed}, REFERENCE) == {"unasked": 1.0}
    with pytest.raises(RuntimeError, match="never asked on unasked"):
        relative_costs({"unasked": played(0.2, 1)}, REFERENCE)
