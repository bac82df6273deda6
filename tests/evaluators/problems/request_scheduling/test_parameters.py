"""What `--param` changes, and that nothing else changes with it."""

from __future__ import annotations

import numpy as np
import pytest

from evaluators.engines.cost_model import ENGINES
from evaluators.errors import UsageError
from evaluators.identity import problem_digest
from evaluators.playing import play
from evaluators.problems.request_scheduling.lengths import TRACES
from evaluators.problems.request_scheduling.parameters import SchedulingParameters, variations
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.registry import ProblemSpec

AS_PUBLISHED = "fc3f438f07ce7c5e0e0f8e8789705e82b6f8a21f0b3fde57b10385fc3cfeffb0"
FEW = {"requests": "120"}


def problem_with(**parameters: str) -> RequestScheduling:
    problem = ProblemSpec("request_scheduling", {**FEW, **parameters}).load()
    assert isinstance(problem, RequestScheduling)
    return problem


def rates_per_s(problem: RequestScheduling) -> list[float]:
    arrivals = [w.content["arrival_s"] for w in problem.workloads("selection")]
    return [a.size / a[-1] for a in arrivals]


def test_added_parameters_leave_the_problem_what_it_was() -> None:
    assert problem_digest(RequestScheduling()) == AS_PUBLISHED


def test_a_load_takes_the_place_of_every_workloads_own() -> None:
    low, high = rates_per_s(problem_with(load="0.6")), rates_per_s(problem_with(load="1.2"))
    assert np.divide(high, low) == pytest.approx(2.0, rel=1e-6)


def test_requests_are_those_of_a_selection_workload() -> None:
    problem = problem_with()
    assert {w.content["arrival_s"].size for w in problem.workloads("selection")} == {120}
    assert problem.workloads("search")[0].content["arrival_s"].size == 1_500


@pytest.mark.parametrize("trace", TRACES)
def test_a_trace_has_published_means(trace: str) -> None:
    prompt, output = {"mooncake-conversation": (12035, 343), "mooncake-synthetic": (15325, 149)}[
        trace
    ]
    drawn = TRACES[trace].sample(np.random.default_rng(0), 200_000)
    assert [d.mean() for d in drawn] == pytest.approx([prompt, output], rel=0.02)
    made = problem_with(trace=trace).workloads("selection")
    assert len({w.cluster for w in made}) == 8
    assert {w.family.rpartition("-cv")[0] for w in made} == {trace}


def test_other_constants_are_told_and_the_load_goes_with_them() -> None:
    slow = problem_with(iteration_s_factor="1.2", token_s_factor="1.15")
    workload = slow.workloads("selection")[0]
    told = slow.given(workload)
    assert told["iteration_s"] == pytest.approx(1.2 * ENGINES[0].iteration_s)
    assert told["token_s"] == pytest.approx(1.15 * ENGINES[0].token_s)
    assert told["kv_token_s"] == ENGINES[0].kv_token_s
    assert all(s < o for s, o in zip(rates_per_s(slow), rates_per_s(problem_with()), strict=True))
    published = problem_with().workloads("selection")[0].content
    assert (workload.content["ttft_slo_s"] == published["ttft_slo_s"]).all()  # what was promised


def test_the_other_memory_rule_admits_earlier_and_preempts_more() -> None:
    preempted = {}
    for reserve in ("true", "false"):
        problem = problem_with(reserve_full_prompt=reserve, requests="600", load="1.2")
        workload = problem.workloads("selection")[0]
        measured, _ = play(problem, workload, problem.baselines()["fcfs"])
        preempted[reserve] = measured.breakdown["preemptions"]
        assert measured.breakdown["unfinished"] == 0
    assert preempted["false"] > preempted["true"]


def test_restarts_cost_promises_and_lose_no_request() -> None:
    kept = {}
    for restarts in ("0", "2"):
        problem = problem_with(restarts=restarts, load="0.85")
        played = [
            play(problem, w, problem.baselines()["fcfs"])[0]
            for w in problem.workloads("selection")[:2]
        ]
        assert all(m.breakdown["unfinished"] == 0 for m in played)
        kept[restarts] = sum(m.values["goodput"] for m in played)
    assert kept["2"] < kept["0"] - 0.1


def test_the_statement_says_what_is_otherwise() -> None:
    published = problem_with().statement
    assert "unlike above" not in published
    other = problem_with(reserve_full_prompt="false", restarts="3").statement
    assert other.startswith(published)
    assert "first chunk fits" in other
    assert "3 times in an episode the engine restarts for 5 s" in other


def test_clients_may_be_others() -> None:
    hurried = problem_with(interactive_share="0.9").workloads("selection")
    classes = np.concatenate([w.content["slo_class"] for w in hurried])
    assert np.bincount(classes) / classes.size == pytest.approx([0.9, 0.06, 0.04], abs=0.03)
    for tenants in (2, 32):
        made = problem_with(tenants=str(tenants)).workloads("selection")
        drawn = np.concatenate([w.content["tenant"] for w in made])
        assert drawn.max() == tenants - 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"trace": "mooncake"}, "unknown trace 'mooncake'"),
        ({"requests": "3"}, "requests is 3"),
        ({"tenants": "1"}, "tenants is 1"),
        ({"interactive_share": "1.5"}, "interactive_share is 1.5"),
        ({"load": "-1"}, "load is -1"),
        ({"token_s_factor": "0"}, "token_s_factor is 0"),
    ],
)
def test_what_cannot_be_played_is_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        problem_with(**parameters)


def test_a_file_and_a_trace_are_two_things(tmp_path) -> None:  # type: ignore[no-untyped-def]
    spec = ProblemSpec("request_scheduling", {"trace": "mooncake-synthetic"}, str(tmp_path / "x"))
    with pytest.raises(UsageError, match="both a workload file and trace"):
        spec.load()


def test_a_recorded_trace_is_held_against_generated_ones() -> None:
    offered = list(variations(SchedulingParameters(), is_recorded=True))
    assert [v.name for v in offered if v.axis == "trace"] == ["generated scenarios"]
    assert [v.keeps_file for v in offered].count(False) == 1
