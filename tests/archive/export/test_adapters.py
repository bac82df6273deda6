"""Adapters as their systems would call them: on real shapes, with what those hand over."""

import ast
import heapq
import importlib.util
import logging
import random
import sys
import types
from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from archive.export.adapter import TARGETS, check_target, export_adapter, targets_of
from evaluators.contract import Score
from evaluators.engines.serving import PREEMPTIONS, Plan
from evaluators.errors import UsageError
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.request_scheduling.observation import View
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.problem import RequestScheduling
from tests.archive.making import entry as made_entry
from tests.archive.making import proposal
from tests.problems import SumProblem

PROBLEMS = {"expert_placement": ExpertPlacement, "request_scheduling": RequestScheduling}
PLACING = ["deepseek-eplb", "sglang-eplb", "vllm-eplb"]
R1 = (58, 256, 288, 8, 4, 32)  # layers, experts, slots, groups, nodes, GPUs
QWEN3 = (48, 128, 160, None, 2, 16)  # a model without groups


def adapter_text(target, source, problem=None):
    """The text of an adapter of a policy that was never scored."""
    problem = problem or PROBLEMS[TARGETS[target].problem]()
    one = replace(made_entry(1, {}), proposal=proposal(1, source), outcome=Score({}), values={})
    return export_adapter(target, problem, "r1", one, [one])


def baseline(target, name):
    return PROBLEMS[TARGETS[target].problem]().baselines()[name].source


def imported(tmp_path, text):
    """The adapter as a module."""
    path = tmp_path / "adapter_under_test.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def baselines():
    for target, about in TARGETS.items():
        for name in PROBLEMS[about.problem]().baselines():
            yield pytest.param(target, name, id=f"{target}-{name}")


# -- without PyTorch ---------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "name"), list(baselines()))
def test_every_baseline_makes_a_module_without_a_gap(target, name):
    text = adapter_text(target, baseline(target, name))
    compile(text, "adapter", "exec")
    assert "@" not in text.replace("@classmethod", "").replace("@_functools", "").replace(
        "@_dataclass", ""
    )
    assert text.startswith(f"# For {target}: ")
    assert "WRITTEN_FOR = " in text


def test_every_target_names_its_system_and_version():
    for target in TARGETS:
        text = adapter_text(
            target, baseline(target, next(iter(PROBLEMS[TARGETS[target].problem]().baselines())))
        )
        written_for = next(
            s.value.value
            for s in ast.parse(text).body
            if isinstance(s, ast.Assign) and s.targets[0].id == "WRITTEN_FOR"
        )
        system = target.partition("-")[0]
        assert system in written_for.lower()
        assert " commit " in written_for


def test_an_unknown_target_is_refused_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        check_target("vllm-eplp", ExpertPlacement())
    assert caught.value.message == "unknown target 'vllm-eplp'"
    assert caught.value.hint == "did you mean 'vllm-eplb'?"


def test_a_target_of_another_problem_is_refused_with_those_that_fit():
    with pytest.raises(UsageError) as caught:
        check_target("vllm-priority", ExpertPlacement())
    assert "is for policies of request_scheduling, not of expert_placement" in caught.value.message
    assert caught.value.hint.endswith(": deepseek-eplb, sglang-eplb, vllm-eplb")
    with pytest.raises(UsageError, match="not of sum"):
        check_target("vllm-eplb", SumProblem())
    assert targets_of(SumProblem()) == []


def test_a_policy_that_uses_a_name_of_the_adapter_is_refused():
    source = baseline("vllm-eplb", "contiguous") + "\n\ndef install():\n    return 1\n"
    with pytest.raises(UsageError, match="the name 'install'"):
        adapter_text("vllm-eplb", source)


# -- load balancers of experts -----------------------------------------------------------------


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="needs PyTorch: pip install torch")


def loads(torch, steps, layers, experts, seed=0):
    """int64[steps, layers, experts], tokens, some experts much more popular than others."""
    rng = np.random.default_rng(seed)
    popularity = rng.pareto(1.5, (layers, experts)) + 0.1
    return torch.from_numpy(rng.poisson(200 * popularity, (steps, layers, experts)))


def assert_maps(torch, maps, layers, experts, slots):
    """What the function forms promise: dtype, contiguity, and three tensors of one placement."""
    placement, slots_of, count = maps
    assert placement.shape == (layers, slots)
    assert count.shape == (layers, experts)
    assert slots_of.shape == (layers, experts, int(count.max()))
    for tensor in maps:
        assert tensor.dtype == torch.int64
        assert tensor.device.type == "cpu"
        assert tensor.is_contiguous()
    assert (count >= 1).all()
    assert (count.sum(-1) == slots).all()
    for expert in (0, experts - 1):
        for layer in (0, layers - 1):
            listed = slots_of[layer, expert]
            assert (listed >= 0).sum() == count[layer, expert]
            assert (placement[layer, listed[listed >= 0]] == expert).all()


def balance(placement, load, gpus):
    """Mean over maximum load of the GPUs, averaged over layers."""
    count = np.stack([np.bincount(p, minlength=load.shape[1]) for p in placement])
    share = np.take_along_axis(load / count, placement, axis=1)
    on_gpu = share.reshape(len(placement), gpus, -1).sum(axis=2)
    return float((on_gpu.mean(axis=1) / on_gpu.max(axis=1)).mean())


@pytest.mark.torch
@pytest.mark.parametrize(("layers", "experts", "slots", "groups", "nodes", "gpus"), [R1, QWEN3])
def test_vllm_gets_a_map_for_every_layer(
    torch, tmp_path, layers, experts, slots, groups, nodes, gpus
):
    text = adapter_text("vllm-eplb", baseline("vllm-eplb", "deepseek_hierarchical"))
    policy = imported(tmp_path, text).DiscoveredEplbPolicy
    initial = torch.arange(slots).remainder(experts).repeat(layers, 1)
    in_force = initial
    for window in loads(torch, 3, layers, experts):  # as EplbState.rearrange calls it
        answer = policy.rebalance_experts(window.cpu(), slots, groups, nodes, gpus, in_force.cpu())
        assert answer.shape == in_force.shape
        assert answer.dtype == torch.int64
        assert answer.device.type == "cpu"
        assert answer.is_contiguous()
        assert (answer.sort(-1).values[:, 0] == 0).all()
        assert all(len(layer.unique()) == experts for layer in answer)
        in_force.copy_(answer)
    load = window.numpy().astype(float)
    first = torch.arange(slots).remainder(experts).repeat(layers, 1).numpy()
    assert balance(in_force.numpy(), load, gpus) > balance(first, load, gpus) + 0.2


@pytest.mark.torch
def test_vllm_needs_no_placement_in_force_and_survives_another_number_of_slots(torch, tmp_path):
    text = adapter_text("vllm-eplb", baseline("vllm-eplb", "rebalance_when_it_pays"))
    policy = imported(tmp_path, text).DiscoveredEplbPolicy
    window = loads(torch, 1, 2, 12)[0]
    first = policy.rebalance_experts(window, 16, 4, 2, 8)
    assert torch.equal(policy.rebalance_experts(window, 16, 4, 2, 8, first), first)
    grown = policy.rebalance_experts(window, 20, 4, 2, 10, first)  # ranks have joined
    assert grown.shape == (2, 20)


@pytest.mark.torch
def test_the_policy_is_shown_as_many_windows_as_it_was_found_with(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "SEEN = []\n"
        "def rebalance_experts(load, num_replicas, previous):\n"
        "    SEEN.append((load.copy(), previous.copy()))\n"
        "    return np.tile(np.arange(num_replicas) % load.shape[2], (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("vllm-eplb", source))
    intervals = loads(torch, 10, 2, 12)
    for interval in intervals:
        module.DiscoveredEplbPolicy.rebalance_experts(interval, 16, 4, 2, 8)
    first, last = module.SEEN[0][0], module.SEEN[-1][0]
    assert first.dtype == last.dtype == np.float64
    in_windows = intervals.numpy() / 4  # of an interval's load each of its windows has a quarter
    np.testing.assert_array_equal(first, np.repeat(in_windows[:1], 8, axis=0))
    np.testing.assert_array_equal(last, np.repeat(in_windows[-2:], 4, axis=0))
    assert (module.SEEN[0][1] == -1).all()


@pytest.mark.torch
def test_vllms_initial_layout_is_no_decision_of_the_policys(torch, tmp_path):
    text = adapter_text("vllm-eplb", baseline("vllm-eplb", "packed_once"))
    policy = imported(tmp_path, text).DiscoveredEplbPolicy
    initial = torch.arange(16).remainder(12).repeat(2, 1)
    first, second = loads(torch, 2, 2, 12)
    packed = policy.rebalance_experts(first, 16, 4, 2, 8, initial)
    assert not torch.equal(packed, initial)
    stays = packed.reshape(2, 8, 2) == initial.reshape(2, 8, 2)
    of_gpu = zip(packed.reshape(-1, 2).tolist(), initial.reshape(-1, 2).tolist(), strict=True)
    assert int(stays.sum()) == sum(len(set(new) & set(old)) for new, old in of_gpu)
    assert torch.equal(policy.rebalance_experts(second, 16, 4, 2, 8, packed), packed)


@pytest.mark.torch
def test_vllms_profile_run_is_no_decision(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "SEEN = []\n"
        "def rebalance_experts(load, num_replicas, previous):\n"
        "    SEEN.append((load.min(), previous.max()))\n"
        "    return np.tile(np.arange(num_replicas) % load.shape[2], (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("vllm-eplb", source))
    policy = module.DiscoveredEplbPolicy
    initial = torch.arange(16).remainder(12).flip(0).repeat(2, 1)
    nothing = torch.zeros(2, 12, dtype=torch.int64)
    assert torch.equal(policy.rebalance_experts(nothing, 16, 4, 2, 8, initial), initial)
    assert module.SEEN == []
    policy.rebalance_experts(nothing + 8, 16, 4, 2, 8, initial)
    assert module.SEEN == [(2.0, -1)]


@pytest.mark.torch
@pytest.mark.parametrize("answer", ["1 / 0", "np.zeros((2, 16), dtype=int)"])
def test_a_policy_that_fails_leaves_the_experts_where_they_are(torch, tmp_path, caplog, answer):
    source = f"import numpy as np\ndef rebalance_experts(load):\n    return {answer}\n"
    initial = torch.arange(16).remainder(12).repeat(2, 1)
    weight = torch.tensor(PUBLISHED[0])
    vllm = imported(tmp_path, adapter_text("vllm-eplb", source)).DiscoveredEplbPolicy
    assert torch.equal(vllm.rebalance_experts(weight, 16, 4, 2, 8, initial), initial)
    assert "the placement stays as it is" in caplog.text
    deepseek = imported(tmp_path, adapter_text("deepseek-eplb", source))
    maps = deepseek.rebalance_experts(weight, 16, 4, 2, 8, previous=initial)
    assert torch.equal(maps[0], initial)
    assert_maps(torch, maps, 2, 12, 16)


@pytest.mark.torch
def test_a_failure_is_no_first_decision(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "SEEN = []\n"
        "def rebalance_experts(load, num_replicas, previous):\n"
        "    SEEN.append(previous.max())\n"
        "    if len(SEEN) == 1:\n"
        "        raise RuntimeError\n"
        "    return np.tile(np.arange(num_replicas) % load.shape[2], (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("vllm-eplb", source))
    initial = torch.arange(16).remainder(12).repeat(2, 1)
    for window in loads(torch, 3, 2, 12):
        module.DiscoveredEplbPolicy.rebalance_experts(window, 16, 4, 2, 8, initial)
    assert module.SEEN == [-1, -1, 11]


@pytest.mark.torch
def test_sglang_keeps_its_placement_where_the_policy_fails(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "def rebalance_experts(load, num_replicas, previous):\n"
        "    if previous.max() >= 0:\n"
        "        raise RuntimeError\n"
        "    return np.tile(np.arange(num_replicas) % load.shape[2], (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("sglang-eplb", source))
    first, again = (module.rebalance_experts(loads(torch, 9, 2, 12), 16, 2, 4, 2) for _ in "12")
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


@pytest.mark.torch
@pytest.mark.parametrize(("layers", "experts", "slots", "groups", "nodes", "gpus"), [R1, QWEN3])
def test_sglang_gets_its_three_tensors(
    torch, tmp_path, layers, experts, slots, groups, nodes, gpus
):
    text = adapter_text("sglang-eplb", baseline("sglang-eplb", "rebalance_when_it_pays"))
    module = imported(tmp_path, text)
    logical_count = loads(torch, 20, layers, experts)
    ask = lambda: module.rebalance_experts(  # noqa: E731  # as init_by_eplb calls it
        tokens_per_expert=logical_count,
        num_physical_experts=slots,
        num_local_physical_experts=slots // gpus,
        num_groups=groups,
        num_nodes=nodes,
        algorithm="deepseek",
    )
    first = ask()
    assert_maps(torch, first, layers, experts, slots)
    again = ask()  # the load is what it was: the placement in force stays
    assert torch.equal(again[0], first[0])


@pytest.mark.torch
def test_an_interval_of_sglangs_steps_becomes_the_windows_of_one(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "SEEN = []\n"
        "def rebalance_experts(load, num_replicas):\n"
        "    SEEN.append(load)\n"
        "    return np.tile(np.arange(num_replicas) % load.shape[2], (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("sglang-eplb", source))
    steps = loads(torch, 42, 2, 12)
    for interval in (steps[:19], steps[19:39], steps[39:]):
        module.rebalance_experts(interval, 16, 2, 4, 2)
    first, second, third = module.SEEN
    steps = steps.numpy()
    assert first.shape == second.shape == third.shape == (8, 2, 12)
    np.testing.assert_array_equal(first[3], first[4])  # there is no earlier interval
    np.testing.assert_array_equal(first[4], steps[3:7].sum(axis=0))
    np.testing.assert_array_equal(second[:4], first[4:])
    np.testing.assert_array_equal(second[-1], steps[34:39].sum(axis=0))
    np.testing.assert_array_equal(third[-4:], [steps[39:].sum(axis=0) / 4] * 4)  # too few steps


PUBLISHED = (  # the example of DeepSeek EPLB's README
    [[90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86],
     [20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27]],
    [[5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1],
     [7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1]],
)  # fmt: skip


@pytest.mark.torch
def test_deepseeks_published_example(torch, tmp_path):
    text = adapter_text("deepseek-eplb", baseline("deepseek-eplb", "deepseek_hierarchical"))
    weight, expected = PUBLISHED
    maps = imported(tmp_path, text).rebalance_experts(torch.tensor(weight), 16, 4, 2, 8)
    assert_maps(torch, maps, 2, 12, 16)
    on_gpus = lambda p: np.sort(np.reshape(p, (2, 8, 2)), axis=2).tolist()  # noqa: E731
    assert on_gpus(maps[0].numpy()) == on_gpus(expected)


@pytest.mark.torch
def test_what_stays_on_a_gpu_stays_in_its_slot(torch, tmp_path):
    text = adapter_text("deepseek-eplb", baseline("deepseek-eplb", "deepseek_hierarchical"))
    module = imported(tmp_path, text)
    weight, _ = PUBLISHED
    first = module.rebalance_experts(torch.tensor(weight), 16, 4, 2, 8)[0]
    turned = first.reshape(2, 8, 2).flip(-1).reshape(2, 16)
    again = module.rebalance_experts(torch.tensor(weight), 16, 4, 2, 8, previous=turned)[0]
    assert torch.equal(again, turned)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("np.zeros((2, 16), dtype=int)", "left an expert without a slot"),
        ("np.full((2, 16), 12)", "none of 0..11"),
        ("np.zeros((2, 15), dtype=int)", "expected integers"),
        ("np.zeros((2, 16))", "the policy answered float64"),
    ],
)
def test_a_bad_placement_with_none_in_force_is_refused(torch, tmp_path, answer, words):
    source = f"import numpy as np\ndef rebalance_experts(load):\n    return {answer}\n"
    module = imported(tmp_path, adapter_text("deepseek-eplb", source))
    with pytest.raises(ValueError, match=words):
        module.rebalance_experts(torch.tensor(PUBLISHED[0]), 16, 4, 2, 8)


RANDOM_ORDER = """
import random
import numpy as np

class Drawing:
    def __init__(self):
        self.first = random.random(), np.random.random()

    def schedule(self, waiting, running):
        drawn = [np.random.random() + random.random() for _ in waiting.arrival_s]
        return plan(waiting, running, np.argsort(drawn))
"""


def test_a_policy_draws_from_its_own_generators_and_leaves_the_hosts_alone(tmp_path):
    text = adapter_text("vllm-priority", RANDOM_ORDER)
    orders, hosts = [], []
    for host_seed in (1, 2):
        random.seed(host_seed)
        np.random.seed(host_seed)  # noqa: NPY002  # the host's own
        priorities = imported(tmp_path, text).Priorities()
        orders.append([])
        for now_s in (106.0, 107.0):
            orders[-1].append(priorities.of(requests_for_vllm(), [], now_s))
            hosts.append((random.random(), np.random.random()))  # noqa: NPY002
    assert orders[0] == orders[1]  # whatever the hosts drew in between
    assert orders[0][0] != orders[0][1]
    legacy = [np.random.RandomState(seed) for seed in (1, 2)]
    undisturbed = [random.Random(seed) for seed in (1, 2)]
    assert hosts == [(undisturbed[i].random(), legacy[i].random()) for i in (0, 0, 1, 1)]


def test_a_policy_starts_as_in_its_search(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", RANDOM_ORDER))
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # as an episode of that seed begins
    module.Drawing()
    drawn = [np.random.random() + random.random() for _ in range(6)]  # noqa: NPY002
    answer = module.Priorities().of(requests_for_vllm(), [], 106.0)
    assert answer == np.argsort(np.argsort(drawn)).tolist()


@pytest.mark.torch
def test_a_policy_with_a_memory_keeps_it(torch, tmp_path):
    source = (
        "import numpy as np\n"
        "class Counter:\n"
        "    def __init__(self, num_replicas):\n"
        "        self.calls, self.slots = 0, num_replicas\n"
        "    def rebalance_experts(self, load):\n"
        "        self.calls += 1\n"
        "        slots = (np.arange(self.slots) + self.calls) % load.shape[2]\n"
        "        return np.tile(slots, (load.shape[1], 1))\n"
    )
    module = imported(tmp_path, adapter_text("deepseek-eplb", source))
    answers = [
        module.rebalance_experts(torch.tensor(PUBLISHED[0]), 16, 4, 2, 8)[0][0, 0].item()
        for _ in range(3)
    ]
    assert answers == [1, 2, 3]


def pretend(monkeypatch, **modules):
    """Put modules of a system that is not installed where an adapter looks for them."""
    for dotted, content in modules.items():
        names = dotted.split("__")
        for i in range(1, len(names) + 1):
            name = ".".join(names[:i])
            if name not in sys.modules:
                monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        for key, value in content.items():
            setattr(sys.modules[".".join(names)], key, value)


class Abstract:
    """vLLM's interface at the commit that the adapter names."""

    @classmethod
    def rebalance_experts(
        cls, weight, num_replicas, num_groups, num_nodes, num_ranks, old_global_expert_indices=None
    ) -> "torch.Tensor":
        raise NotImplementedError


class Older:
    @classmethod
    def rebalance_experts(cls, weight, num_replicas, num_groups, num_nodes, num_ranks):
        raise NotImplementedError


@pytest.mark.torch
def test_vllms_interface_is_checked_at_import(torch, tmp_path, monkeypatch):
    text = adapter_text("vllm-eplb", baseline("vllm-eplb", "contiguous"))
    policies = {"default": object}
    pretend(monkeypatch, vllm__distributed__eplb__policy__abstract={"AbstractEplbPolicy": Abstract})
    pretend(monkeypatch, vllm__distributed__eplb__policy={"EPLB_POLICIES": policies})
    module = imported(tmp_path, text)
    assert issubclass(module.DiscoveredEplbPolicy, Abstract)
    module.install()
    assert policies == {"default": module.DiscoveredEplbPolicy}
    pretend(monkeypatch, vllm__distributed__eplb__policy__abstract={"AbstractEplbPolicy": Older})
    with pytest.raises(ImportError, match=r"written for vLLM at commit .*old_global"):
        imported(tmp_path, text)


@pytest.mark.torch
def test_sglangs_interface_is_checked_at_import(torch, tmp_path, monkeypatch):
    text = adapter_text("sglang-eplb", baseline("sglang-eplb", "contiguous"))
    algorithms = types.ModuleType("sglang.srt.eplb.eplb_algorithms")
    algorithms.rebalance_experts = lambda tokens_per_expert, num_physical_experts: None
    pretend(monkeypatch, sglang__srt__eplb={"eplb_algorithms": algorithms})
    with pytest.raises(ImportError, match="written for SGLang"):
        imported(tmp_path, text)


# -- queues of requests ------------------------------------------------------------------------


SHORTEST_FIRST = """
import numpy as np

def schedule(waiting, running):
    return plan(waiting, running, np.argsort(waiting.prompt_tokens))
"""


@dataclass
class VllmRequest:
    """What vLLM's scheduler knows of a request."""

    request_id: str
    arrival_time: float
    num_prompt_tokens: int
    max_tokens: int
    num_output_tokens: int = 0
    num_computed_tokens: int = 0
    num_preemptions: int = 0
    priority: int = 0
    status: str = "waiting"

    def is_finished(self):
        return self.status == "finished"

    def __lt__(self, other):
        return (self.priority, self.arrival_time) < (other.priority, other.arrival_time)


class PriorityQueue:
    """vLLM's queue of waiting requests under the policy `priority`."""

    def __init__(self, requests=()):
        self._heap = []
        for request in requests:
            self.add_request(request)

    def add_request(self, request):
        heapq.heappush(self._heap, request)

    def remove_requests(self, requests):
        gone = {id(r) for r in requests}
        self._heap = [r for r in self._heap if id(r) not in gone]
        heapq.heapify(self._heap)

    def pop_request(self):
        return heapq.heappop(self._heap)

    def __iter__(self):
        return iter(sorted(self._heap))

    def __len__(self):
        return len(self._heap)


class ArrivalQueue(deque):
    """vLLM's queue of waiting requests under the policy `fcfs`."""

    def add_request(self, request):
        self.append(request)

    def remove_requests(self, requests):
        gone = {id(r) for r in requests}
        kept = [r for r in self if id(r) not in gone]
        self.clear()
        self.extend(kept)


def requests_for_vllm():
    return [VllmRequest(f"r{i}", 100.0 + i, 100 * (7 - i), 256) for i in range(6)]


def test_vllm_serves_in_the_policys_order(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", SHORTEST_FIRST))
    queue = PriorityQueue(requests_for_vllm())
    module.Priorities().assign(queue, [], 106.0)
    assert [r.priority for r in queue] == list(range(6))
    assert [queue.pop_request().request_id for _ in range(6)] == [f"r{5 - i}" for i in range(6)]


def test_vllm_serves_in_the_policys_order_from_a_queue_by_arrival_too(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", SHORTEST_FIRST))
    queue = ArrivalQueue(requests_for_vllm())
    module.Priorities().assign(queue, [], 106.0)
    assert [r.request_id for r in queue] == [f"r{5 - i}" for i in range(6)]


@pytest.mark.parametrize("name", sorted(RequestScheduling().baselines()))
def test_every_baseline_orders_a_moving_queue(tmp_path, name):
    module = imported(tmp_path, adapter_text("vllm-priority", baseline("vllm-priority", name)))
    priorities, waiting, running = module.Priorities(), requests_for_vllm(), []
    for step in range(12):
        values = priorities.of(waiting, running, 106.0 + step)
        assert sorted(values) == list(range(len(waiting)))
        assert all(type(v) is int for v in values)
        for request in running:
            request.num_output_tokens += 10
            request.num_computed_tokens += 10
        for request in running:
            request.status = "finished" if request.num_output_tokens == 40 else "running"
        running = [r for r in running if not r.is_finished()]
        if waiting:
            admitted = waiting.pop(values.index(0))
            admitted.num_computed_tokens = admitted.num_prompt_tokens
            running.append(admitted)


def test_the_desk_remembers_what_the_engine_forgets(tmp_path):
    source = (
        "SEEN = []\n"
        "def schedule(waiting, running, tenant_service, output_quantiles, finished_total):\n"
        "    SEEN.append((tenant_service, output_quantiles, finished_total, running.decode_s))\n"
        "    return plan(waiting, running)\n"
    )
    module = imported(tmp_path, adapter_text("vllm-priority", source))
    module.describe_request = lambda r: (1, 2, 0.5, 0.05)
    priorities = module.Priorities()
    one, other = requests_for_vllm()[:2]
    one.num_computed_tokens, one.num_output_tokens = 703, 3
    priorities.of([other], [one], 110.0)
    one.num_output_tokens = 5
    priorities.of([other], [one], 112.0)
    one.status = "finished"
    priorities.of([other], [], 113.0)
    service, quantiles, finished, decode_s = zip(*module.SEEN, strict=True)
    assert [s[1] for s in service] == [706, 710, 710]
    assert finished == (0, 0, 1)
    assert quantiles[1].tolist() == [0] * 20
    assert quantiles[2].tolist() == [5] * 20
    assert [d.tolist() for d in decode_s] == [[0.0], [2.0], []]


NOTING = """
SEEN = []

def schedule(waiting, running, **given):
    SEEN.append({"waiting": waiting, "running": running, **given})
    return plan(waiting, running)
"""


def seen_as(module, name):
    """The values that the policy was shown under a name, or under RECORD.NAME, as lists."""
    record, _, column = name.rpartition(".")
    values = [getattr(s[record], column) if record else s[column] for s in module.SEEN]
    return [np.asarray(v).tolist() for v in values]


class Scheduler:
    """vLLM's, as far as it is needed here: it admits everything."""

    def __init__(self, waiting, running=()):
        self.waiting, self.running = ArrivalQueue(waiting), list(running)

    def schedule(self):
        for request in self.waiting:
            request.num_computed_tokens = request.num_prompt_tokens
        self.running += self.waiting
        self.waiting.clear()


def vllm_scheduler(tmp_path, monkeypatch, source):
    """The module, and its scheduler on that of vLLM."""
    pretend(
        monkeypatch,
        vllm__v1__core__sched__async_scheduler={"AsyncScheduler": Scheduler},
        vllm__v1__core__sched__request_queue={"RequestQueue": ArrivalQueue},
    )
    return imported(tmp_path, adapter_text("vllm-priority", source))


def test_a_request_that_runs_while_nobody_waits_is_followed_to_its_end(tmp_path, monkeypatch):
    module = vllm_scheduler(tmp_path, monkeypatch, NOTING)
    scheduler = module.DiscoveredScheduler([])
    for request in requests_for_vllm()[:5]:
        scheduler.waiting.add_request(request)
        for tokens in (0, 1, 2):
            request.num_output_tokens = tokens
            scheduler.schedule()
        request.num_output_tokens, request.status = 3, "finished"
        scheduler.running.remove(request)
    assert seen_as(module, "finished_total") == [0, 1, 2, 3, 4]
    assert seen_as(module, "output_quantiles")[1:] == [[3] * 20] * 4
    assert [s[0] for s in seen_as(module, "tenant_service")] == [0, 706, 1312, 1818, 2224]


def test_who_is_out_of_sight_has_not_finished(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", NOTING))
    priorities = module.Priorities()
    one, other, third = requests_for_vllm()[:3]
    priorities.of([one, other], [], 106.0)
    priorities.of([other], [], 107.0)  # one waits in another queue, for its grammar
    priorities.of([one, other], [], 108.0)
    one.status = "finished"
    priorities.of([third], [], 109.0)
    assert seen_as(module, "finished_total") == [0, 0, 0, 1]


def test_sglangs_chunked_request_keeps_its_arrival(tmp_path):
    module = imported(tmp_path, adapter_text("sglang-schedule", NOTING))
    policy = module.DiscoveredSchedulePolicy(clock=iter([5.0, 6.0, 8.0, 9.0, 10.0]).__next__)
    one, other = Req("one", [0] * 30, Sampling(64)), Req("other", [0] * 10, Sampling(64))
    policy.calc_priority([one, other], Batch([]))
    policy.calc_priority([other], Batch([]))  # one is computed chunk by chunk
    one.output_ids.append(1)
    policy.calc_priority([other], Batch([one]))
    one.output_ids += [1, 1]
    one.finished_reason = "stop"
    policy.calc_priority([other], Batch([one]))  # SGLang takes it out after the queue is sorted
    policy.calc_priority([other], Batch([]))
    assert seen_as(module, "running.wait_s") == [[], [], [3.0], [], []]
    assert seen_as(module, "finished_total") == [0, 0, 0, 1, 1]
    assert [q[0] for q in seen_as(module, "output_quantiles")] == [0, 0, 0, 3, 3]
    assert [s[0] for s in seen_as(module, "tenant_service")] == [0, 0, 32, 36, 36]


def test_no_more_requests_are_remembered_than_can_run(tmp_path):
    module = imported(tmp_path, adapter_text("sglang-schedule", NOTING))
    policy = module.DiscoveredSchedulePolicy()
    for i in range(2000):  # each is aborted while it waits, which SGLang tells nobody
        policy.calc_priority([Req(f"r{i}", [0], Sampling(64))], Batch([]))
    assert len(policy._desk._known) == module.DEPLOYMENT["max_running"] + 1


def test_a_policy_is_not_asked_while_nobody_waits(tmp_path):
    module = imported(tmp_path, adapter_text("sglang-schedule", NOTING))
    policy = module.DiscoveredSchedulePolicy()
    policy.calc_priority([], Batch([Req("r0", [0] * 9, Sampling(64), [1])]))
    assert module.SEEN == []
    assert list(policy._desk._known) == ["r0"]


@pytest.mark.parametrize("answer", ["1 / 0", "{'waiting_order': [0, 0, 1, 2, 3, 4]}", "None"])
def test_a_policy_that_fails_leaves_the_order_of_arrival(tmp_path, caplog, answer):
    source = f"def schedule(waiting, running):\n    return {answer}\n"
    module = imported(tmp_path, adapter_text("vllm-priority", source))
    priorities = module.Priorities()
    for _ in range(9):
        assert priorities.of(requests_for_vllm()[::-1], [], 106.0) == [5, 4, 3, 2, 1, 0]
    failures = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert [r.args[0] for r in failures] == [1, 2, 4, 8]
    assert all(r.exc_info for r in failures)


def test_progress_means_what_it_means_in_the_simulator(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", NOTING))
    priorities = module.Priorities()
    one, other = requests_for_vllm()[:2]
    ask = lambda now_s: priorities.of([other], [one], now_s)  # noqa: E731
    priorities.of([one, other], [], 106.0)
    one.num_computed_tokens = 512
    ask(107.0)
    one.num_computed_tokens, one.num_output_tokens = 709, 10
    ask(108.0)
    one.num_computed_tokens, one.num_preemptions = 0, 1
    priorities.of([one, other], [], 109.0)
    one.num_computed_tokens = 705
    ask(110.0)
    one.num_computed_tokens, one.num_output_tokens = 712, 13
    ask(111.0)
    assert seen_as(module, "running.prefilled_tokens") == [[], [512], [700], [], [705], [710]]
    assert seen_as(module, "running.is_prefilling") == [[], [True], [False], [], [True], [False]]
    assert [s[0] for s in seen_as(module, "tenant_service")] == [0, 0, 720, 720, 720, 726]
    capacity = module.DEPLOYMENT["kv_capacity_tokens"]
    free = seen_as(module, "kv_free_tokens")
    assert [capacity - f for f in free] == [0, 700, 709, 0, 710, 712]


class Mirror:
    """The requests of a simulated engine, as vLLM would hold them."""

    def __init__(self, engine, requests, promises):
        self._engine = engine
        self._requests = {
            i: VllmRequest(str(i), arrival_s, prompt, max_tokens)
            for i, (arrival_s, prompt, max_tokens) in enumerate(
                zip(requests.arrival_s, requests.prompt_tokens, promises.max_tokens, strict=True)
            )
        }

    def of(self, indices):
        """Those of these indices, after all have been brought up to date."""
        progress = self._engine.progress_of(np.arange(len(self._requests))).T.tolist()
        for i, (generated, prefilled, is_decoding, preemptions) in enumerate(progress):
            request = self._requests[i]
            request.num_output_tokens, request.num_preemptions = generated, preemptions
            in_cache = request.num_prompt_tokens + generated - 1
            request.num_computed_tokens = in_cache if is_decoding else prefilled
            is_finished = np.isfinite(self._engine.finish_s[i])
            request.status = "finished" if is_finished else "unfinished"
        return [self._requests[i] for i in indices]


UNLIKE = {
    "now_s",
    "last_iteration_s",
    "is_kv_full",
    "asked_calls_left",
}  # another clock
DESCRIBED = {"arrival_s", "slo_class", "ttft_slo_s", "tpot_slo_s"}  # likewise, or the engineer's
LOOKED_AT = {"decode_s"}  # from when the first token was seen, here at decisions alone


@pytest.mark.parametrize("reserves", [True, False])
def test_the_policy_is_shown_what_the_simulator_shows(tmp_path, reserves):
    problem = RequestScheduling(SchedulingParameters(reserve_full_prompt=reserves))
    workload = problem.workloads("tiny")[-1]
    instance = problem.instance(workload)
    engine = instance.engine(instance.edges_s)
    view = View(instance.requests, instance.promises, engine)
    mirror = Mirror(engine, instance.requests, instance.promises)
    module = imported(tmp_path, adapter_text("vllm-priority", NOTING, problem))
    module.DEPLOYMENT = problem.given(workload)
    module.describe_request = lambda r: (instance.requests.tenant[int(r.request_id)], 0, 1.0, 1.0)
    priorities = module.Priorities()
    while engine.run():
        expected = view.observe()
        priorities.of(mirror.of(engine.waiting), mirror.of(engine.running), engine.now_s)
        n, m = len(engine.waiting), len(engine.running)
        engine.apply(Plan(np.arange(n), n, False, np.arange(m), 0, 512, True, 0, 0.0))
        if not n:
            continue
        shown = module.SEEN[-1]
        for name in expected.keys() - UNLIKE - {"waiting", "running"}:
            np.testing.assert_allclose(shown[name], expected[name], err_msg=name)
        for record in ("waiting", "running"):
            for name in expected[record].keys() - DESCRIBED - LOOKED_AT:
                seen = getattr(shown[record], name)
                np.testing.assert_allclose(seen, expected[record][name], err_msg=name)
    assert len(module.SEEN) > 10
    assert engine.progress[PREEMPTIONS].any()


def test_an_iteration_lasts_no_longer_than_the_engine_worked(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", NOTING))
    priorities = module.Priorities()
    one, other, third = requests_for_vllm()[:3]
    priorities.of([one], [], 100.0)
    one.num_output_tokens = 1
    priorities.of([other], [one], 100.25)
    one.num_output_tokens = 5  # nobody waited for a while: four iterations
    priorities.of([third], [one, other], 101.25)
    for request in (one, other, third):
        request.status = "finished"
    priorities.of(requests_for_vllm()[3:], [], 190.0)  # it was idle
    assert seen_as(module, "last_iteration_s") == [0.0, 0.25, 0.25, 0.25]


@dataclass
class Sampling:
    max_new_tokens: int


@dataclass
class Req:
    """What SGLang's scheduler knows of a request."""

    rid: str
    origin_input_ids: list
    sampling_params: Sampling
    output_ids: list = field(default_factory=list)
    finished_reason: object = None

    def finished(self):
        return self.finished_reason is not None


@dataclass
class Batch:
    reqs: list


def test_sglang_sorts_its_queue_in_place(tmp_path):
    module = imported(tmp_path, adapter_text("sglang-schedule", SHORTEST_FIRST))
    policy = module.DiscoveredSchedulePolicy(
        "fcfs", None, False, False, False, clock=iter([5.0, 6.0]).__next__
    )
    queue = [Req(f"r{i}", [0] * length, Sampling(64)) for i, length in enumerate((30, 10, 20))]
    same = queue
    policy.calc_priority(queue, None)
    assert [r.rid for r in queue] == ["r1", "r2", "r0"]
    queue.append(Req("r3", [0] * 5, Sampling(64)))
    policy.calc_priority(queue, Batch([Req("r9", [0] * 9, Sampling(64), [1, 2])]))
    assert [r.rid for r in queue] == ["r3", "r1", "r2", "r0"]
    assert queue is same


def test_sglangs_schedule_is_checked_at_import(tmp_path, monkeypatch):
    text = adapter_text("sglang-schedule", baseline("sglang-schedule", "fcfs"))

    class Renamed:
        def calc_priority(self, queue):
            raise NotImplementedError

    pretend(monkeypatch, sglang__srt__managers__schedule_policy={"SchedulePolicy": Renamed})
    with pytest.raises(ImportError, match="written for SGLang"):
        imported(tmp_path, text)
