"""What no time is taken of."""

from __future__ import annotations

from typing import Any

import pytest

from evaluators.engines.gpu.outputs import WrongOutputError, check_alive, check_close

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "zero everywhere"), (float("nan"), "finite"), (float("inf"), "fin")]
)
def test_zeros_and_what_is_not_finite_are_refused(torch: Any, value: float, said: str) -> None:
    with pytest.raises(WrongOutputError, match=said):
        check_alive(torch.full((3, 2), value, dtype=torch.bfloat16), "here")


def test_one_number_is_enough_to_be_alive(torch: Any) -> None:
    output = torch.zeros(3, 2)
    output[1, 1] = -1e-3
    check_alive(output, "here")


def test_each_row_is_held_against_its_own_length(torch: Any) -> None:
    reference = torch.tensor([[1.0, 0.0], [1000.0, 0.0]])
    check_close(reference * 1.01, reference, 0.02, "here")
    off = reference + torch.tensor([[0.05, 0.0], [0.0, 0.0]])
    with pytest.raises(WrongOutputError, match=r"5\.00%"):
        check_close(off, reference, 0.02, "here")
    with pytest.raises(WrongOutputError):
        check_close(reference * float("nan"), reference, 0.02, "here")
