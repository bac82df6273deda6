"""Adapters as their systems would call them: on real shapes, with what those hand over."""

import ast
import heapq
import importlib.util
import sys
import types
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from archive.export.adapter import TARGETS, check_target, export_adapter, targets_of
from evaluators.contract import Score
from evaluators.errors import UsageError
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.request_scheduling.problem import RequestScheduling
from tests.archive.making import entry as made_entry
from tests.archive.making import proposal
from tests.problems import SumProblem

PROBLEMS = {"expert_placement": ExpertPlacement, "request_scheduling": RequestScheduling}
PLACING = ["deepseek-eplb", "sglang-eplb", "vllm-eplb"]
R1 = (58, 256, 288, 8, 4, 32)  # layers, experts, slots, groups, nodes, GPUs
QWEN3 = (48, 128, 160, None, 2, 16)  # a model without groups


def adapter_text(target, source):
    """The text of an adapter of a policy that was never scored."""
    problem = PROBLEMS[TARGETS[target].problem]()
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
    windows = loads(torch, 10, 2, 12)
    for window in windows:
        module.DiscoveredEplbPolicy.rebalance_experts(window, 16, 4, 2, 8)
    first, last = module.SEEN[0][0], module.SEEN[-1][0]
    assert first.dtype == last.dtype == np.float64
    np.testing.assert_array_equal(first, np.repeat(windows[:1].numpy(), 8, axis=0))
    np.testing.assert_array_equal(last, windows[2:].numpy())
    assert (module.SEEN[0][1] == -1).all()


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
def test_sglang_steps_become_windows(torch, tmp_path):
    module = imported(tmp_path, adapter_text("sglang-eplb", baseline("sglang-eplb", "contiguous")))
    steps = loads(torch, 19, 2, 12).numpy().astype(float)
    windows = module._windows_of(steps)
    assert windows.shape == (8, 2, 12)
    np.testing.assert_array_equal(windows[0], steps[3:5].sum(axis=0))
    np.testing.assert_array_equal(windows[-1], steps[17:].sum(axis=0))
    assert module._windows_of(steps[:3]) is not None
    assert len(module._windows_of(steps[:3])) == 3


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
def test_a_bad_placement_moves_nothing(torch, tmp_path, answer, words):
    source = f"import numpy as np\ndef rebalance_experts(load):\n    return {answer}\n"
    module = imported(tmp_path, adapter_text("deepseek-eplb", source))
    with pytest.raises(ValueError, match=words):
        module.rebalance_experts(torch.tensor(PUBLISHED[0]), 16, 4, 2, 8)


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


def requests_for_vllm():
    return [VllmRequest(f"r{i}", 100.0 + i, 100 * (7 - i), 256) for i in range(6)]


def test_vllm_serves_in_the_policys_order(tmp_path):
    module = imported(tmp_path, adapter_text("vllm-priority", SHORTEST_FIRST))
    queue = PriorityQueue(requests_for_vllm())
    module.Priorities().assign(queue, [], 106.0)
    assert [r.priority for r in queue] == list(range(6))
    assert [queue.pop_request().request_id for _ in range(6)] == [f"r{5 - i}" for i in range(6)]


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
        running = [r for r in running if r.num_output_tokens < 40]  # the others have finished
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
    priorities.of([other], [], 113.0)
    service, quantiles, finished, decode_s = zip(*module.SEEN, strict=True)
    assert [s[1] for s in service] == [706, 710, 710]
    assert finished == (0, 0, 1)
    assert quantiles[1].tolist() == [0] * 20
    assert quantiles[2].tolist() == [5] * 20
    assert [d.tolist() for d in decode_s] == [[0.0], [2.0], []]


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
