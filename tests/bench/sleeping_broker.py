"""A broker whose slots sleep instead of playing: python -m tests.bench.sleeping_broker

Everything but the evaluator is real: Ray, its workers, the pipe, the dealer. What a slot answers is
drawn from the job, and how long it sleeps too: `SLEEP_S` on average, half to one and a half of it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

SLEEP_S = 20.0


class SleepingSlot:
    """Stands in for `evaluators.execution.cluster.actor.NodeSlot`."""

    def start(
        self,
        code: str,
        greeting: str,
        parcels: Sequence[Mapping[str, str]],
        contents: Mapping[str, Any],
    ) -> dict[str, Any]:
        import ray

        from evaluators.execution.message import Greeting
        from tests.bench.made_up import MadeUp

        self._made_up = MadeUp(Greeting.decode(greeting).spec.load())
        sandbox = {"level": "none", "filter_sha256": "", "note": "asleep"}
        node_id = ray.get_runtime_context().get_node_id()
        return {"node_id": node_id, "sandbox": sandbox, "device": "bed"}

    def play(self, job: str) -> dict[str, str]:
        from dataclasses import replace

        from evaluators.execution.message import decode_job, encode_report

        digest = hashlib.sha256(json.loads(job)["source"].encode()).digest()
        slept_s = SLEEP_S * (0.5 + int.from_bytes(digest[:4], "little") / 2**32)
        time.sleep(slept_s)
        report = self._made_up.submit(decode_job(job)).result()
        return {"report": encode_report(replace(report, wall_s=slept_s))}


if __name__ == "__main__":
    from evaluators.execution.cluster.broker import main
    from tests.bench.sleeping_broker import SleepingSlot as Travelling  # by the name it is found by

    main(Travelling)
