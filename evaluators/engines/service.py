"""Service per tenant in weighted tokens, counted lazily for the decoding requests.

A prompt token weighs 1 and an output token 2, the prices of the virtual token counter (Sheng et
al., Fairness in Serving Large Language Models, OSDI 2024). A prompt that is computed again after a
preemption is no further service.
"""

from __future__ import annotations

import numpy as np

PROMPT_WEIGHT = 1
OUTPUT_WEIGHT = 2


class ServiceLedger:
    """Weighted tokens that each tenant has received so far."""

    __slots__ = ("_decoding", "_settled")

    def __init__(self, tenants: int) -> None:
        self._settled = [0] * tenants  # less what `iterations` will add for those still decoding
        self._decoding = [0] * tenants

    def prompt(self, tenant: int, tokens: int) -> None:
        """A prompt has been computed."""
        self._settled[tenant] += PROMPT_WEIGHT * tokens

    def output(self, tenant: int) -> None:
        """One token has been emitted outside of the decode batch, by a prefill."""
        self._settled[tenant] += OUTPUT_WEIGHT

    def joined(self, tenant: int, iterations: int) -> None:
        """A request of the tenant joined the decode batch at this iteration."""
        self._decoding[tenant] += 1
        self._settled[tenant] -= OUTPUT_WEIGHT * iterations

    def left(self, tenant: int, iterations: int) -> None:
        """A request of the tenant left the decode batch at this iteration."""
        self._decoding[tenant] -= 1
        self._settled[tenant] += OUTPUT_WEIGHT * iterations

    def received(self, iterations: int) -> np.ndarray:
        """int64[tenants]: weighted tokens received up to this decode iteration."""
        served = [
            s + OUTPUT_WEIGHT * iterations * d
            for s, d in zip(self._settled, self._decoding, strict=True)
        ]
        return np.array(served, dtype=np.int64)
