"""The published figures, to the cent, on the published archive."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import tarfile
from statistics import fmean

import pytest

from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.problems.spot_scheduling.problem import SpotScheduling
from evaluators.problems.spot_scheduling.recordings import SERIES
from evaluators.registry import ProblemSpec
from evaluators.scoring import aggregate
from tests.conftest import SOAK_FACTOR
from tests.evaluators.problems.spot_scheduling.cases import play

SHA256 = "26813d4c6dbe0b60e3d0ff7dc264427a665736c6199aa48a8f0c8aba0437d503"


@pytest.fixture(scope="module")
def archive(data_dir):
    path = data_dir / "spot" / "single_region_traces.tar.gz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHA256
    return str(path)


@pytest.fixture(scope="module")
def problem(archive):
    return SpotScheduling(None, archive)


def test_there_are_1080_scenarios_in_18_blocks(problem):
    sealed = problem.workloads("sealed")
    assert len(sealed) == 1080
    assert len({w.cluster for w in sealed}) == 18
    assert {len([w for w in sealed if w.family == f]) for f in {w.family for w in sealed}} == {90}


def test_anchors(problem):
    given = problem.given(problem.workloads("sealed")[0])
    hours = given["work_s"] / 3600
    assert round(hours * given["on_demand_usd_per_h"], 2) == 146.88
    assert round(hours * given["spot_usd_per_h"], 2) == 46.71


@pytest.mark.parametrize(("name", "usd"), [("greedy", 119.0345), ("uniform_progress", 101.6827)])
def test_published_costs(problem, name, usd):
    sealed = problem.workloads("sealed")
    values = {w.id: played(problem, w, problem.baselines()[name]) for w in sealed}
    assert round(fmean(v["cost"] for v in values.values()), 4) == usd
    assert not any(v["deadline_misses"] for v in values.values())
    cost = problem.objectives[0]
    weighed = aggregate(cost, sealed, {k: v["cost"] for k, v in values.items()})
    assert round(weighed, 4) == usd  # families weigh as much as the scenarios do


def played(problem, workload, policy):
    """A function played by plain calls: 370,000 decisions are too many for checked ones."""
    namespace = {}
    exec(policy.source, namespace)
    function, given = namespace["choose_machine"], problem.given(workload)
    names = inspect.signature(function).parameters
    constants = {k: given[k] for k in names if k in given}
    seen_names = [k for k in names if k not in given]

    def choose(seen):
        return function(**constants, **{k: seen[k] for k in seen_names})

    return play(problem.episode(workload), choose).values


@pytest.mark.skipif(SOAK_FACTOR == 1, reason="a minute on a busy machine: ADRS_SOAK=1")
def test_the_sandbox_says_the_same(problem, archive):
    executor = LocalExecutor(ProblemSpec("spot_scheduling", workload_file=archive), slots=1)
    source = problem.baselines()["uniform_progress"].source
    score = executor.submit(Job(source, "sealed")).result().outcome
    executor.close()
    assert not score.failures
    assert round(fmean(score.values["cost"].values()), 4) == 101.6827


def test_clairvoyant_plans_are_replayed_at_equal_cost(problem):
    for w in problem.workloads("sealed")[:: 180 // SOAK_FACTOR]:
        played = problem.references(w)["clairvoyant"].values["cost"]
        assert played == pytest.approx(problem.limits(w)["cost"].value, abs=1e-9)


@pytest.mark.skipif(SOAK_FACTOR == 1, reason="reads 150 MB: ADRS_SOAK=1")
def test_all_restart_folders_hold_the_same_windows(archive):
    """So reading one of them is enough."""
    name = re.compile(r"overhead=([0-9.]+)/real/([^/]+)/traces/random_start/(\d+)\.json$")
    data: dict[tuple[str, str], set[str]] = {}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            found = name.search(member.name)
            if found and found[2] in SERIES:
                record = json.load(members.extractfile(member))
                content = json.dumps([record["metadata"], record["data"]], sort_keys=True)
                data.setdefault((found[2], found[3]), set()).add(content)
    assert len(data) == 8 * 300
    assert all(len(contents) == 1 for contents in data.values())
