"""The stub as a process: for runs that are killed, and for benchmarks."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import sys
from collections.abc import Iterable

from tests.stub_models.faults import FAULTS
from tests.stub_models.plans import Latency, Plan, constant, cycle, lognormal, mixture, script
from tests.stub_models.server import StubModels


def main() -> None:
    options = _parser().parse_args()
    text = _imported(options.text_by) if options.text_by else None
    given = {"text": text} if text else {}
    stub = StubModels(plan=_plan(options), latency_s=_latency(options), **given)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(stub.serve(options.port, lambda: print(stub.url, flush=True)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stub_models",
        description="Serve stub models on loopback; the first line of output is the address. "
        "GET /stats counts, GET /requests lists.",
        epilog="what a request may meet: " + ", ".join(FAULTS),
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--script", help="these in order, then ok: 'rate limit,ok,HTML'")
    parser.add_argument("--cycle", help="these over and over")
    parser.add_argument("--mix", help="these with probabilities: 'reset=0.02,HTML=0.01'")
    parser.add_argument(
        "--latency", default="constant:0", help="constant:SECONDS, or lognormal:MEAN_SECONDS"
    )
    parser.add_argument(
        "--text-by", metavar="MODULE:FUNCTION", help="what is answered: f(body, number) -> text"
    )
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    if options.mix:
        pairs = (part.rsplit("=", 1) for part in options.mix.split(","))
        shares = {name.strip(): float(share) for name, share in pairs}
        _check(shares)
        return mixture(shares, options.seed)
    names = [n.strip() for n in (options.cycle or options.script or "ok").split(",")]
    _check(names)
    return cycle(*names) if options.cycle else script(*names)


def _check(names: Iterable[str]) -> None:
    unknown = [n for n in names if n not in FAULTS]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(FAULTS)}")


def _latency(options: argparse.Namespace) -> Latency:
    kind, _, seconds = options.latency.partition(":")
    if kind == "lognormal":
        return lognormal(float(seconds), options.seed)
    return constant(float(seconds))


def _imported(name: str) -> object:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


if __name__ == "__main__":
    main()
