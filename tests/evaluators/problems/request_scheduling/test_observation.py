"""A policy sees what is legitimate and true, as copies, and not what is to come."""

from __future__ import annotations

import dataclasses
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.engines.serving import Plan
from evaluators.problems.request_scheduling.observation import QUANTILES, LengthHistory, View
from evaluators.problems.request_scheduling.simulator import Instance, scheduling_episode
from evaluators.signature import Values, leaves
from tests.evaluators.engines.drivers import plan_of, random_policy
from tests.evaluators.problems.request_scheduling.cases import engine_with, instance_with, instances

FCFS = Plan(np.array([]), 0, False, np.array([]), 0, 2048, True, 0, 0.0)


def observations(instance: Instance, seed: int) -> list[tuple[Values, np.ndarray, np.ndarray]]:
    """What is seen under random plans, beside the engine's requests in waiting and running."""
    engine = instance.engine(np.array([]))
    view = View(instance.requests, instance.promises, engine)
    decide, seen = random_policy(seed), []
    while engine.run():
        seen.append((view.observe(), np.array(engine.waiting), np.array(engine.running)))
        engine.apply(decide(engine))
    return seen


@given(instances(), st.integers(0, 2**32))
def test_columns_are_those_of_the_requests_that_wait_and_run(instance: Instance, seed: int) -> None:
    for observation, waiting, running in observations(instance, seed):
        for name, index in (("waiting", waiting), ("running", running)):
            record = observation[name]
            for column in ("arrival_s", "prompt_tokens", "tenant"):
                expected = getattr(instance.requests, column)[index.astype(int)]
                assert np.array_equal(record[column], expected)
            for column in ("max_tokens", "ttft_slo_s", "tpot_slo_s", "slo_class"):
                expected = getattr(instance.promises, column)[index.astype(int)]
                assert np.array_equal(record[column], expected)
            assert np.array_equal(record["wait_s"], observation["now_s"] - record["arrival_s"])
            assert (record["wait_s"] >= record["decode_s"]).all()
            outputs = instance.requests.output_tokens[index.astype(int)]
            assert (record["generated_tokens"] < outputs).all()
        assert np.array_equal(waiting, np.sort(waiting))


@given(instances(), st.integers(0, 2**32))
def test_memory_held_follows_from_what_is_shown(instance: Instance, seed: int) -> None:
    for observation, _, _ in observations(instance, seed):
        r = observation["running"]
        decoding = ~r["is_prefilling"]
        held = r["prompt_tokens"] + r["generated_tokens"] - decoding
        free = instance.cost.kv_capacity_tokens - held.sum()
        assert observation["kv_free_tokens"] == free
        assert observation["is_kv_full"] == (free < decoding.sum())
        assert (r["prefilled_tokens"] <= held).all()
        assert (r["decode_s"][decoding] >= 0).all()


@given(instances(), st.integers(0, 2**32))
def test_a_tenants_service_is_that_of_its_requests(instance: Instance, seed: int) -> None:
    engine = instance.engine(np.array([]))
    view = View(instance.requests, instance.promises, engine)
    decide, everybody = random_policy(seed), np.arange(instance.requests.arrival_s.size)
    while engine.run():
        generated = engine.progress_of(everybody)[0]
        prompts = instance.requests.prompt_tokens * np.isfinite(engine.first_token_s)
        expected = np.bincount(
            instance.requests.tenant, prompts + 2 * generated, instance.requests.tenants
        )
        assert view.observe()["tenant_service"].tolist() == expected.tolist()
        engine.apply(decide(engine))


@given(instances(), st.integers(0, 2**32))
def test_nothing_seen_before_a_finish_depends_on_output_lengths(
    instance: Instance, seed: int
) -> None:
    """The same requests with longer outputs look the same until the first would have finished."""
    roomy = dataclasses.replace(instance.cost, kv_capacity_tokens=10**6)
    longer = dataclasses.replace(
        instance.requests, output_tokens=instance.requests.output_tokens + 500
    )
    original = dataclasses.replace(instance, cost=roomy)
    changed = dataclasses.replace(instance, cost=roomy, requests=longer)
    for (seen, _, _), (also_seen, _, _) in zip(
        observations(original, seed), observations(changed, seed), strict=False
    ):
        if seen["finished_total"]:
            break
        np.testing.assert_equal(seen, also_seen)


def test_no_field_is_named_after_what_is_hidden() -> None:
    from evaluators.problems.request_scheduling.observation import SIGNATURE

    assert "output_tokens" not in {f.name for f in leaves(SIGNATURE.inputs())}


def test_what_is_shown_are_copies() -> None:
    instance = instance_with([0.0, 0.0, 0.2], [900, 700, 50], [30, 40, 20], cost=engine_with(1700))
    clean = instance.engine(np.array([]))
    while clean.run():
        clean.apply(plan_of(clean))
    engine = instance.engine(np.array([]))
    view = View(instance.requests, instance.promises, engine)
    while engine.run():
        seen = view.observe()
        for array in (*seen["waiting"].values(), *seen["running"].values()):
            array[:] = 1
        seen["tenant_service"][:] = -5
        engine.apply(plan_of(engine))
    assert np.array_equal(engine.finish_s, clean.finish_s)


def test_the_episode_yields_what_the_view_observes() -> None:
    episode = scheduling_episode(instance_with([0.5, 0.5], [900, 700], [30, 40], tenant=[0, 1]))
    first = next(episode)
    assert first["now_s"] == 0.5
    assert first["waiting"]["prompt_tokens"].tolist() == [900, 700]
    assert first["output_quantiles"].tolist() == [0] * QUANTILES
    action = dataclasses.asdict(
        dataclasses.replace(FCFS, waiting_order=np.arange(2), running_order=np.arange(0), admit=2)
    )
    with pytest.raises(StopIteration) as end:
        episode.send(action)
    assert end.value.value.values["goodput"] == 1.0


@given(st.lists(st.integers(1, 50), max_size=80), st.integers(1, 25))
def test_quantiles_are_those_of_the_last_finished(lengths: list[int], most: int) -> None:
    history, finished = LengthHistory(most), []
    for tokens in lengths:
        finished.append(tokens)
        history.extend(finished)
    recent = sorted(deque(lengths, maxlen=most))
    expected = (
        [recent[int((i + 0.5) * len(recent) / QUANTILES)] for i in range(QUANTILES)]
        if (recent)
        else [0] * QUANTILES
    )
    assert history.quantiles().tolist() == expected
