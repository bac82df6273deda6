"""The serving engine in real time: the simulator's bookkeeping, a device's iterations.

Events, plans, memory rule and measurements are those of `ServingEngine`. What differs is where time
comes from: an iteration takes what the device takes, one at a time (no jumps), waiting for an
arrival is waiting, and the time that a policy thinks passes too, while the device stands still.
"""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.engines.cost_model import CostModel
from evaluators.engines.gpu.clock import Clock
from evaluators.engines.gpu.iteration import Chunk, Decode, Engine, Iteration
from evaluators.engines.serving import AS_RESERVED, Requests, Rules, ServingEngine


class RealTimeEngine(ServingEngine):
    """`ServingEngine` whose iterations a device computes while `clock` runs.

    `cost` says how much memory there is and what the policy is told of the engine; none of its
    seconds is used. Raises ValueError when the device holds less than `cost` says.
    """

    def __init__(
        self,
        device: Engine,
        clock: Clock,
        cost: CostModel,
        requests: Requests,
        horizon_s: float,
        edges_s: Sequence[float] = (),
        asked_calls: int = 0,
        rules: Rules = AS_RESERVED,
    ) -> None:
        if device.kv_capacity_tokens < cost.kv_capacity_tokens:
            raise ValueError(
                f"the device holds {device.kv_capacity_tokens} tokens of KV cache,"
                f" expected {cost.kv_capacity_tokens}"
            )
        if device.max_running < cost.max_running:
            raise ValueError(
                f"the device runs {device.max_running} requests, expected {cost.max_running}"
            )
        super().__init__(cost, requests, horizon_s, edges_s, asked_calls, 1, rules)
        self._device, self._clock = device, clock
        self._cached = [0] * len(requests.arrival_s)  # of a prefill, what the device has computed
        device.begin(requests.prompt_tokens)

    def _receive(self) -> None:
        self.now_s = self._clock.now_s()
        super()._receive()

    def _wait_until(self, at_s: float) -> None:
        self._clock.wait_until(at_s)
        self.now_s = self._clock.now_s()

    def _elapse(self, iteration_s: float) -> None:
        super()._elapse(iteration_s)
        self.now_s = self._clock.now_s()

    def _prefill_iteration_s(self, touched: int, tokens: int, pairs: float, decodes: int) -> float:
        chunks = [
            Chunk(r, self._cached[r], self._done[r], self._done[r] == self._target[r])
            for r in self._prefills[:touched]
        ]
        for chunk in chunks:
            self._cached[chunk.request] = chunk.stop
        return self._device.execute(Iteration(chunks, self._decoding() if decodes else []))

    def _run_decode_stretch(self) -> None:
        self._elapse(self._device.execute(Iteration([], self._decoding())))
        self.decodes.advance(1)

    def _decoding(self) -> list[Decode]:
        return [Decode(request, kv_tokens) for request, kv_tokens in self.decodes.held()]

    def _finish(self, request: int) -> None:
        super()._finish(request)
        self._device.release(request)

    def _preempt(self, request: int) -> None:
        super()._preempt(request)
        self._cached[request] = 0
        self._device.release(request)
