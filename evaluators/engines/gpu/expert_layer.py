"""One mixture-of-experts layer under several placements, every rank timed on one device.

The device plays all ranks in turn. A rank has the weights of its slots and the tokens that the
placement sends it; its grouped GEMMs are timed, all ranks of all placements interleaved. The layer
takes as long as its slowest rank, and the modelled exchange of the tokens (`all_to_all`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluators.engines.gpu.all_to_all import all_to_all_ms
from evaluators.engines.gpu.device import Device
from evaluators.engines.gpu.expert_ffn import Experts, ExpertSizes
from evaluators.engines.gpu.expert_routing import Dispatch, dispatch, draw_experts, reached
from evaluators.engines.gpu.outputs import check_alive, check_close
from evaluators.engines.gpu.timing import Subject, Timings, interleaved

MOST_ERROR = 0.03  # of a row's length: bf16 keeps 8 bits, and three products are taken
SETTLING_ROUNDS = 50  # half a second on a GPU: until its clocks have left idle
EXPECTED_ROUNDS = 9  # what the reference takes then is what drift is counted from
CHECKED_ROWS = 4  # of every rank, held against a dense reference
_MEMORY_SHARE = 0.5  # of what is free, for weights

Rank = tuple[str, int]  # a placement's name, a GPU's number


@dataclass(frozen=True, slots=True)
class Deployment:
    """GPUs of a layer, each with an equal block of its slots, and the tokens each brings."""

    num_experts: int
    num_slots: int
    num_gpus: int
    num_nodes: int
    tokens_per_gpu: int

    @property
    def slots_per_gpu(self) -> int:
        """Slots of the layer on one GPU."""
        return self.num_slots // self.num_gpus

    @property
    def num_tokens(self) -> int:
        """Of all GPUs together."""
        return self.num_gpus * self.tokens_per_gpu


@dataclass(frozen=True)
class LayerTime:
    """A placement's time in one layer, in milliseconds.

    `ranks_ms` is the median of each GPU's GEMMs, `copies` how many rows it had, `drift` how far
    the reference work was off meanwhile, as a share of what it took at first.
    """

    ranks_ms: tuple[float, ...]
    copies: tuple[int, ...]
    exchange_ms: float
    drift: float

    @property
    def total_ms(self) -> float:
        """Of the slowest rank and the exchange."""
        return max(self.ranks_ms) + self.exchange_ms


class ExpertLayer:
    """A layer of one deployment on a device: weights and tokens are drawn once."""

    def __init__(
        self, device: Device, sizes: ExpertSizes, deployment: Deployment, seed: int = 0
    ) -> None:
        import torch

        self._torch: Any = torch
        self._device = device
        self._deployment = deployment
        self.experts = Experts(device, deployment.num_experts, sizes, self._room(), seed)
        generator = self._torch.Generator(device.place).manual_seed(seed + 1)
        self.tokens = self._torch.empty(
            (deployment.num_tokens, sizes.hidden_size), dtype=self._torch.bfloat16,
            device=device.place,
        ).normal_(generator=generator)  # fmt: skip
        self._reference = self._balanced()
        steady: Timings[str] = interleaved(
            {}, self._reference, device.clock, EXPECTED_ROUNDS, SETTLING_ROUNDS
        )
        self.expected_ms = steady.reference_median_ms

    def _room(self) -> int:
        if not self._device.is_gpu:
            return 1 << 30
        free, _ = self._torch.cuda.mem_get_info(self._device.place)
        return int(free * _MEMORY_SHARE)

    def measure(
        self,
        placements: Mapping[str, np.ndarray],
        load: np.ndarray,
        rng: np.random.Generator,
        rounds: int,
    ) -> dict[str, LayerTime]:
        """What the layer takes under each placement, all with the same tokens.

        Args:
            placements: int64[slots] each, by name; every expert in at least one slot.
            load: float64[experts], tokens in any unit: what share of the tokens an expert gets.
            rng: random numbers: which token goes to which experts.
            rounds: samples of every rank.

        Raises:
            WrongOutputError: a rank's output is not what a dense reference gives.
        """
        where = self._deployment
        load = load if load.sum() > 0 else np.ones_like(load)
        experts = draw_experts(load, where.num_tokens, self.experts.sizes.top_k, rng)
        sent = {name: dispatch(experts, p) for name, p in placements.items()}
        subjects = {
            (name, gpu): self.subject(placements[name], sent[name], gpu)
            for name in placements
            for gpu in range(where.num_gpus)
        }
        busy = {rank: s for rank, s in subjects.items() if s is not None}
        timings = interleaved(busy, self._reference, self._device.clock, rounds)
        drift = timings.drift(self.expected_ms)
        return {
            name: self._layer_time(
                sent[name],
                tuple(
                    timings.median_ms((name, gpu)) if (name, gpu) in busy else 0.0
                    for gpu in range(where.num_gpus)
                ),
                drift,
            )
            for name in placements
        }

    def _layer_time(self, sent: Dispatch, ranks_ms: tuple[float, ...], drift: float) -> LayerTime:
        where = self._deployment
        copies = np.diff(sent.ends, prepend=0).reshape(where.num_gpus, -1).sum(axis=1)
        goes_to = reached(sent, where.num_tokens, where.num_gpus)
        exchange_ms = all_to_all_ms(goes_to, where.num_nodes, self.experts.sizes.hidden_size)
        return LayerTime(ranks_ms, tuple(copies.tolist()), exchange_ms, drift)

    def subject(self, placement: np.ndarray, sent: Dispatch, gpu: int) -> Subject[Any] | None:
        """The work of one rank; None when no token goes there."""
        per_gpu = self._deployment.slots_per_gpu
        first, stop = gpu * per_gpu, (gpu + 1) * per_gpu
        copies, ends = sent.slots(first, stop)
        tokens = sent.tokens[copies]
        return self._rank(placement[first:stop], tokens, ends) if len(tokens) else None

    def _balanced(self) -> Subject[Any]:
        """What a rank has when load and placement are even: the reference of every measurement."""
        where = self._deployment
        slots = np.arange(where.slots_per_gpu) % where.num_experts
        each = max(1, where.num_tokens * self.experts.sizes.top_k // where.num_slots)
        ends = each * np.arange(1, where.slots_per_gpu + 1)
        return self._rank(slots, np.arange(ends[-1]) % where.num_tokens, ends)

    def _rank(self, slots: np.ndarray, tokens: np.ndarray, ends: np.ndarray) -> Subject[Any]:
        torch, place = self._torch, self._device.place
        rows = torch.from_numpy(np.ascontiguousarray(tokens)).to(place)
        stops = torch.from_numpy(ends.astype(np.int32)).to(place)
        seen = np.unique(np.linspace(0, len(tokens) - 1, CHECKED_ROWS).astype(np.int64))
        experts = slots[np.searchsorted(ends, seen, side="right")]

        def prepare() -> tuple[Any, Any]:
            return self.tokens[rows], self.experts.held(slots)

        def work(given: tuple[Any, Any]) -> Any:
            return self.experts.run(*given, stops)

        def check(given: tuple[Any, Any], output: Any) -> None:
            check_alive(output, "experts of a rank")
            x = given[0][seen]
            dense = [self.experts.reference(x[i : i + 1], int(e)) for i, e in enumerate(experts)]
            check_close(output[seen], torch.cat(dense), MOST_ERROR, "experts of a rank")

        return Subject(prepare, work, check)
