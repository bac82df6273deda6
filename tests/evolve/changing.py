"""A run of a problem whose file is written anew: another version of it, with another rule."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.store.places import store_at
from archive.store.texts import lines_of
from evaluators.contract import Problem
from evaluators.registry import ProblemSpec
from evolve.events import Event
from evolve.rescored import Rescored
from evolve.rescoring import rescore
from evolve.search import run
from evolve.settings import Settings
from tests.evolve.fakes import DelayedExecutor, shuffled_delays
from tests.problems import sum as sum_problem

SOURCE = Path(str(sum_problem.__file__)).read_text()
MOVES_SOME = """
import numpy as np

def assign(weight, bins, previous):
    answer = np.array(previous)
    for item in range(len(weight) - {count}, len(weight)):
        sums = np.bincount(answer, weight, bins)
        answer[item] = int(np.argmin(sums))
    return answer
"""
GIVEN = tuple(MOVES_SOME.format(count=count) for count in (1, 6))
SECOND = ("version = 1", "version = 2")
HALVED = ("float(sums.mean() / sums.max())", "0.5 * float(sums.mean() / sums.max())")
RENAMED_WORKLOADS = ('Workload(f"{split}-{index}"', 'Workload(f"{split}-v2-{index}"')
FEWER_WORKLOADS = ('{"search": 4, "selection": 4', '{"search": 3, "selection": 3')
NO_PREVIOUS = (
    '                Array("previous", "int64", ("items",), index_of="bins"),\n', ""
)  # fmt: skip
SHOWS_NO_PREVIOUS = (
    "yield dict(workload.content)", 'yield {"weight": workload.content["weight"]}'
)  # fmt: skip
OTHER_BASELINE = ('"stay": STAY', '"stay": STAY + "# mended\\n"')
OTHER_OBJECTIVE = ('"moved"', '"share_moved"')


@dataclass
class Made:
    """A run of a problem whose file may be written anew."""

    archive: str
    file: Path

    def change(self, *replacements: tuple[str, str]) -> None:
        text = SOURCE
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        self.file.write_text(text)

    def problem(self) -> Problem:
        return ProblemSpec(str(self.file)).load()

    def executor(self) -> DelayedExecutor:
        return DelayedExecutor(self.problem(), 2, shuffled_delays(0, 0.001))

    def search(self, name: str = "r", **settings: Any) -> None:
        spec = ProblemSpec(str(self.file))
        given = {"evaluations": 6, "seed_policies": GIVEN, **settings}
        made = Settings(spec, name=name, archive=self.archive, **given)
        run(made, executor=self.executor())

    def rescore(
        self, observer: Callable[[Event], None] = lambda _: None
    ) -> tuple[Rescored, list[Any]]:
        """What came of it, and the jobs that were played."""
        executor = self.executor()
        found = rescore(self.archive, "r", observer=observer, executor=executor)
        return found, executor.played

    def lines(self, kind: str) -> list[str]:
        with closing(store_at(self.archive).open("r")) as journal:
            return [text for text in lines_of(journal) if json.loads(text)[0] == kind]
