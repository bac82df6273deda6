"""What a slot on a node is made of: the same evaluator process as on the engine's own machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

import evaluators
from evaluators.errors import UsageError
from evaluators.execution.cluster.parcels import Parcel, unpacked
from evaluators.execution.evaluation import cpu_model
from evaluators.execution.message import Greeting, decode_job, encode_report
from evaluators.execution.slot_client import Slot, SlotDiedError, SlotError
from evaluators.sources import source_digest


def code() -> str:
    """What decides scores here beside the problem: two nodes of one text give the same."""
    numpy, python = version("numpy"), platform.python_version()
    return f"evaluators {source_digest(evaluators)[:12]}, numpy {numpy}, Python {python}"


class SlotHere:
    """A slot that speaks plain data; what it is told last is what it does next."""

    def __init__(
        self, greeting: str, parcels: Sequence[Mapping[str, str]], fetch: Callable[[Parcel], bytes]
    ) -> None:
        told = Greeting.decode(greeting)
        spec = unpacked(told.spec, [Parcel(**p) for p in parcels], fetch)
        self._slot = Slot(replace(told, spec=spec, engine_pid=os.getpid()))

    def start(self) -> dict[str, Any]:
        """What the node says of itself, after the sandbox was tried; or why it cannot play."""
        try:
            sandbox = self._slot.start()
        except UsageError as error:
            return {"refusal": f"{error.message}; {error.hint}"}
        except SlotError as error:
            return {"refusal": f"its evaluator does not start: {str(error).splitlines()[-1]}"}
        return {"sandbox": asdict(sandbox), "device": cpu_model(), "pid": self._slot.pid}

    def play(self, job: str) -> dict[str, str]:
        """The report's line, or a fault of ours, or of what was killed under it."""
        try:
            return {"report": encode_report(self._slot.play(decode_job(job)))}
        except SlotDiedError as error:
            return {"died": str(error)}
        except (SlotError, UsageError) as error:
            return {"fault": str(error)}
