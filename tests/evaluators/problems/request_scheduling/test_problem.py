"""Parameters, constants, seeds and references of the problem."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from evaluators.contract import Workload
from evaluators.engines.cost_model import ENGINES
from evaluators.errors import InvalidAction, UsageError
from evaluators.identity import problem_digest
from evaluators.playing import play, trusted_policy
from evaluators.problems.request_scheduling.problem import RequestScheduling
from evaluators.problems.request_scheduling.references import (
    Clairvoyant,
    lost_then_slack,
    peak_kv_tokens,
    remaining_work,
)
from evaluators.problems.request_scheduling.simulator import serve_privileged
from evaluators.registry import ProblemSpec

PROBLEM = RequestScheduling()
SEEDS = sorted(PROBLEM.baselines())
CALIBRATION = """
name = "mine"
iteration_s = 0.005
token_s = 2e-5
pair_s = 1.5e-9
kv_token_s = 4.6e-8
sequence_s = 5e-6
kv_capacity_tokens = 400000
max_running = 64
"""


def problem_with(**parameters: str) -> RequestScheduling:
    problem = ProblemSpec("request_scheduling", parameters).load()
    assert isinstance(problem, RequestScheduling)
    return problem


def tiny(problem: RequestScheduling = PROBLEM) -> Workload:
    return problem.workloads("tiny")[-1]


def test_the_seven_published_policies_are_there() -> None:
    assert SEEDS == [
        "edf_slack", "fcfs", "laps_dual_queue", "past_future", "sarathi",
        "shortest_prompt_first", "vtc",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_does_the_same_whatever_tenants_and_classes_are_called(name: str) -> None:
    workload = tiny()
    tenants = int(workload.content["tenant"].max()) + 1
    renamed = dataclasses.replace(
        workload,
        content={
            **workload.content,
            "tenant": tenants - 1 - workload.content["tenant"],
            "slo_class": 2 - workload.content["slo_class"],
        },
    )
    policy = PROBLEM.baselines()[name]
    assert play(PROBLEM, workload, policy)[0] == play(PROBLEM, renamed, policy)[0]


@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_is_deterministic_and_finishes_everything(name: str) -> None:
    workload = PROBLEM.workloads("search")[0]
    measured, _ = play(PROBLEM, workload, PROBLEM.baselines()[name])
    assert measured.breakdown["unfinished"] == 0
    assert measured.values["goodput"] > 0.2


def test_seeds_differ_in_what_they_are_good_at() -> None:
    """Deadlines keep promises, short jobs cut latency, counters share."""
    workload = next(w for w in PROBLEM.workloads("search") if w.family == "code-bursty")
    played = {n: play(PROBLEM, workload, p)[0].values for n, p in PROBLEM.baselines().items()}

    def best(objective: str, sign: int) -> str:
        return max(played, key=lambda n: sign * played[n][objective])

    assert best("goodput", 1) == "edf_slack"
    assert best("log_norm_latency", -1) == "shortest_prompt_first"
    assert best("fairness", 1) == "vtc"


def test_vtc_adds_a_prompt_to_its_tenants_counter_when_it_picks_it() -> None:
    policy, tokens = PROBLEM.baselines()["vtc"], [300, 300, 100, 100, 100]
    decide = trusted_policy(PROBLEM, policy, {**PROBLEM.given(tiny()), "tenants": 3, "seed": 0})
    waiting = requests(tenant=[0, 0, 1, 1, 2], prompt_tokens=tokens)
    running = requests(tenant=[2, 0], prompt_tokens=[250, 900])
    running.is_prefilling = np.array([True, False])
    seen = {"waiting": waiting, "running": running, "tenant_service": np.zeros(3)}
    assert decide(seen)["waiting_order"].tolist() == [0, 2, 3, 4, 1]


def requests(tenant: list[int], prompt_tokens: list[int]) -> SimpleNamespace:
    count = len(tenant)
    return SimpleNamespace(
        tenant=np.array(tenant), prompt_tokens=np.array(prompt_tokens),
        generated_tokens=np.zeros(count, dtype=int), arrival_s=np.arange(count, dtype=float),
    )  # fmt: skip


def test_past_future_needs_no_preemption_where_fcfs_does() -> None:
    workload = PROBLEM.workloads("search")[0]
    preemptions = {
        name: play(PROBLEM, workload, PROBLEM.baselines()[name])[0].breakdown["preemptions"]
        for name in ("fcfs", "past_future")
    }
    assert preemptions["past_future"] == 0 < preemptions["fcfs"]


def test_given_are_the_engines_constants() -> None:
    workload = tiny()
    given = PROBLEM.given(workload)
    assert given["token_s"] == ENGINES[0].token_s
    assert given["max_running"] == ENGINES[0].max_running
    assert given["kv_capacity_tokens"] == int(workload.content["kv_capacity_tokens"])


def test_an_engine_of_the_table_is_chosen_by_name() -> None:
    problem = problem_with(engine="llama2-7b-a100")
    assert problem.given(tiny(problem))["iteration_s"] == pytest.approx(8.3e-3)
    assert problem_digest(problem) != problem_digest(PROBLEM)


def test_a_calibration_file_is_an_engine_and_its_numbers_are_part_of_the_problem(
    tmp_path: Path,
) -> None:
    path = tmp_path / "engine.toml"
    path.write_text(CALIBRATION)
    problem = problem_with(calibration=str(path))
    assert problem.given(tiny(problem))["max_running"] == 64
    digest = tiny(problem).digest
    for changed in (("5e-6", "6e-6"), ("max_running = 64", "max_running = 65")):
        path.write_text(CALIBRATION.replace(*changed))
        assert tiny(problem_with(calibration=str(path))).digest != digest


def test_engine_takes_a_calibration_file_too(tmp_path: Path) -> None:
    path = tmp_path / "engine.toml"
    path.write_text(CALIBRATION)
    by_engine, by_calibration = problem_with(engine=str(path)), problem_with(calibration=str(path))
    assert tiny(by_engine).digest == tiny(by_calibration).digest
    with pytest.raises(UsageError, match="No such file"):
        problem_with(engine="nowhere.toml")


def test_a_calibration_that_runs_more_than_a_policy_is_shown_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "engine.toml"
    path.write_text(CALIBRATION.replace("max_running = 64", "max_running = 5000"))
    with pytest.raises(UsageError, match="max_running is 5000") as error:
        problem_with(calibration=str(path))
    assert "1024" in error.value.hint


@pytest.mark.parametrize(
    ("parameters", "message", "hint"),
    [
        ({"engine": "llama3-8b-h10"}, "unknown engine", "llama3-8b-h100"),
        ({"engin": "x"}, "unknown parameter 'engin'", "engine"),
        ({"kv_capacity_tokens": "-5"}, "expected 0 or at least", "--param"),
        ({"kv_capacity_tokens": "many"}, "kv_capacity_tokens='many'", "int"),
        ({"calibration": "/nowhere.toml"}, "No such file", "calibration"),
        ({"calibration": "x.toml", "engine": "llama3-8b-a100"}, "expected one", "--param"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        problem_with(**parameters)
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("admit", -1, "admit has -1"),
        ("prefill_tokens_per_iteration", 0, "at least 1"),
        ("prefill_tokens_per_iteration", 20_000, "at most 16384"),
        ("timer_s", float("nan"), "finite"),
        ("waiting_order", np.zeros(0, dtype=int), "shape"),
    ],
)
def test_an_invalid_plan_says_what_was_expected(field: str, value: object, message: str) -> None:
    source = f"""
def schedule(waiting, running):
    answer = plan(waiting, running)
    answer[{field!r}] = value
    return answer
"""
    policy = dataclasses.replace(
        PROBLEM.baselines()["fcfs"],
        source=f"import numpy as np\nnan = float('nan')\nvalue = {_literal(value)}\n{source}",
    )
    with pytest.raises(InvalidAction, match=message):
        play(PROBLEM, tiny(), policy)


def _literal(value: object) -> str:
    return "np.zeros(0, dtype=int)" if isinstance(value, np.ndarray) else repr(value)


def test_references_beat_first_come_first_served_and_no_limit() -> None:
    for workload in PROBLEM.workloads("search"):
        fcfs = play(PROBLEM, workload, PROBLEM.baselines()["fcfs"])[0].values
        limits = PROBLEM.limits(workload)
        references = PROBLEM.references(workload)
        assert references["clairvoyant_slack"].values["goodput"] > fcfs["goodput"]
        srpt = references["clairvoyant_srpt"].values
        assert srpt["log_norm_latency"] < fcfs["log_norm_latency"]
        for measured in references.values():
            assert measured.values["goodput"] <= limits["goodput"].value
            assert measured.values["log_norm_latency"] >= limits["log_norm_latency"].value


@pytest.mark.parametrize("key", [remaining_work, lost_then_slack])
def test_a_reference_scores_the_same_when_the_engine_steps(key: object) -> None:
    instance = PROBLEM.instance(tiny())
    decide = Clairvoyant(instance, key)  # type: ignore[arg-type]
    jumped, stepped = (serve_privileged(instance, decide, jump) for jump in (None, 1))
    for name, value in jumped.values.items():
        assert stepped.values[name] == pytest.approx(value, rel=1e-9)


def test_peak_memory_is_that_of_decoding_step_by_step() -> None:
    rng = np.random.default_rng(5)
    for _ in range(30):
        kv, left = rng.integers(1, 50, 6), rng.integers(0, 20, 6)
        peak = max(
            int(sum(k + step for k, n in zip(kv, left, strict=True) if n >= step))
            for step in range(20)
        )
        assert peak_kv_tokens(kv, left) == peak
