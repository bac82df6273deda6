"""python -m evaluators.engines.gpu.check --device cuda:0 --model 1b

Holds what the serving engine computes, batched, paged, chunked and by CUDA graphs, against every
request computed alone in one chunk without graphs on the same device.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np

from evaluators.engines.gpu.device import Device, open_device
from evaluators.engines.gpu.iteration import Chunk, Decode, Iteration
from evaluators.engines.gpu.opening import engine_on
from evaluators.engines.gpu.outputs import WrongOutputError, check_close
from evaluators.engines.gpu.shapes import SHAPES
from evaluators.errors import UsageError

PROMPTS = (700, 33, 1, 260)
STEPS = 3  # tokens that each decodes
MOST_ERROR = {"cpu": 1e-4, "cuda": 0.1}  # float32 and bf16: of a row of logits, by its length
KV_TOKENS = 2048


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 where outputs differ, or 2 with what the user can mend."""
    parser = argparse.ArgumentParser(prog="python -m evaluators.engines.gpu.check")
    parser.add_argument("--device", required=True, help="cuda:0, or cpu")
    parser.add_argument("--model", required=True, help=", ".join(SHAPES))
    args = parser.parse_args(arguments)
    try:
        with closing(open_device(args.device)) as device:
            rows = check(device, args.model)
    except UsageError as error:
        print(error.message, error.hint, sep="\n", file=sys.stderr)
        return 2
    except WrongOutputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.model} on {args.device}: {rows} rows of logits equal those of requests alone")
    return 0


def check(device: Device, model: str) -> int:
    """How many rows were compared. Raises WrongOutputError where one differs."""
    options = {"kv_capacity_tokens": KV_TOKENS, "max_running": 16}
    together = engine_on(device, model, **options)
    alone = engine_on(device, model, graphs=False, **options)
    most_error = MOST_ERROR["cuda" if device.is_gpu else "cpu"]
    together.begin(np.array(PROMPTS))
    rows = 0
    for iteration in _iterations():
        logits, layout = together.compute(iteration)
        for (request, number), row in zip(layout.emits, logits.clone(), strict=True):
            alone.begin(np.array([number]))
            alone.assume(0, together.tokens(request)[:number])
            expected, _ = alone.compute(Iteration([Chunk(0, 0, number, True)], []))
            check_close(row[None], expected, most_error, f"token {number} of request {request}")
            rows += 1
        together.execute(iteration)
    return rows


def _iterations() -> Iterator[Iteration]:
    """Prompts in two chunks each, the last ones beside the first decode; then decodes alone."""
    halves = [size // 2 for size in PROMPTS]
    yield Iteration([Chunk(r, 0, h, False) for r, h in enumerate(halves[:2])], [])
    ends = list(enumerate(zip(halves, PROMPTS, strict=True)))
    yield Iteration([Chunk(r, h, size, True) for r, (h, size) in ends[:2]], [])
    others = [Chunk(r, 0, size, True) for r, (_, size) in ends[2:]]
    yield Iteration(others, [Decode(r, PROMPTS[r]) for r in (0, 1)])
    for step in range(1, 1 + STEPS):
        yield Iteration([], [Decode(r, PROMPTS[r] + step - (r > 1)) for r in range(len(PROMPTS))])


if __name__ == "__main__":
    sys.exit(main())
