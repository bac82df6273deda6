"""Scorers that make the mistakes of published evaluators, in the policy's own process.

Each plays one workload and returns the exact objectives and a trace of what it took the answers to
be. A forgery that none of them believes would prove nothing against an evaluator that refuses it.
"""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np

from evaluators.checking import check_action
from evaluators.contract import Policy, Score
from evaluators.errors import InvalidAction
from evaluators.execution.executor import Report, Sandbox
from evaluators.playing import as_seen, drive, named, trusted_policy
from evaluators.redteam.liar import literal
from evaluators.signature import Array, Category, Permutation, Scalar
from evaluators.testing.probing import binder

NO_SANDBOX = Sandbox("none", "", "naive")
NAIVELY_CAUGHT = (
    ArithmeticError,
    AttributeError,
    InvalidAction,
    LookupError,
    TypeError,
    ValueError,
)
TOKEN_S = 4e-4  # of a prompt, where a router is trusted: too slow for all promises
PATIENCE_S = 0.4  # CPU time after which a policy that asks again and again is stopped


def naive_report(problem, source, scorer):
    """A report over the tiny workloads: those that fail are left out, what is printed is read."""
    start_s = time.process_time()
    values = {o.name: {} for o in problem.objectives}
    traces = {}
    printed = io.StringIO()
    for workload in problem.workloads("tiny"):
        try:
            with redirect_stdout(printed):
                measured, trace = scorer(problem, workload, asker(problem, workload, source))
        except NAIVELY_CAUGHT:
            continue
        traces[workload.id] = literal(trace)
        for name, value in measured.items():
            values[name][workload.id] = value
    for name, _, value in (line.partition(": ") for line in printed.getvalue().splitlines()):
        if name in values:
            values[name] = dict.fromkeys(values[name], float(value))
    return Report(Score(values), NO_SANDBOX, traces, cpu_s=time.process_time() - start_s)


def asker(problem, workload, source):
    """The policy of one episode: from observation to answer by name, unchecked."""
    given = {**problem.given(workload), "seed": 0}
    decide = trusted_policy(problem, Policy("liar", source), given)
    fields = problem.signature.observation
    return lambda observation: named(problem.signature, decide(as_seen(fields, observation)))


def sharing(problem, workload, ask):
    """Hands out the very arrays that it scores with."""
    symbols_of = binder(problem, workload)

    def answer(observation):
        return check_action(problem.signature, ask(observation), symbols_of(observation))

    measured, actions = drive(problem, workload, answer)
    return measured.values, actions


def repairing(problem, workload, ask):
    """Puts a default in the place of what it cannot read; believes results that are reported."""
    symbols_of, believed, received = binder(problem, workload), {}, []

    def answer(observation):
        told = ask(observation)
        received.append(dict(told))
        believed.update({o.name: told[o.name] for o in problem.objectives if o.name in told})
        return repaired(problem, told, symbols_of(observation))

    measured, _ = drive(problem, workload, answer)
    return {**measured.values, **believed}, received


def rereading(problem, workload, ask):
    """Checks what it is told by its own comparisons, and then reads it again."""
    symbols_of, used = binder(problem, workload), []

    def answer(observation):
        told, symbols = ask(observation), symbols_of(observation)
        for f in problem.signature.action:
            if not agrees(f, told[f.name], symbols):
                raise InvalidAction(f"{f.name} is out of range")
        used.append({f.name: told[f.name] for f in problem.signature.action})
        return repaired(problem, used[-1], symbols)

    measured, _ = drive(problem, workload, answer)
    return measured.values, used


def agrees(f, value, symbols):
    match f:
        case Scalar(dtype="bool") | Category():
            return True
        case Scalar():
            return (f.low is None or value >= f.low) and (f.high is None or value <= f.high)
        case _:
            low, high = limits(f, symbols)
            return not len(value) or (value.min() >= low and value.max() <= high)


def limits(f, symbols):
    of = f.of if isinstance(f, Permutation) else f.index_of
    return 0, symbols[of] - 1


def repaired(problem, told, symbols):
    """The action with every field that cannot be read replaced."""
    action = {}
    for f in problem.signature.action:
        alone = replace(problem.signature, action=(f,))
        try:
            action |= check_action(alone, {f.name: told[f.name]}, symbols)
        except (InvalidAction, KeyError):
            action[f.name] = default(f, symbols)
    return action


def default(f, symbols):
    match f:
        case Scalar():
            return {"bool": bool, "int64": int, "float64": float}[f.dtype](f.low or 0)
        case Category():
            return f.values[0]
        case Permutation():
            return np.arange(symbols[f.of])
        case Array():
            shape = [symbols[d] for d in f.shape]
            return (np.arange(np.prod(shape)) % symbols[f.index_of]).reshape(shape)


def trusting_placement(problem, workload, ask):
    """Expert placement by what the policy reports: counts and slots, windows that are views.

    The published evaluators divide by reported counts, add to `load[slots] += share` once per
    distinct slot, pass over experts without slots, and read the placement more than once.
    """
    load, gpus = workload.content["load"].copy(), problem.given(workload)["num_gpus"]
    slots = problem.given(workload)["num_replicas"]
    previous = np.full((load.shape[1], slots), EMPTY)
    balance, moved, used = [], [], []
    p = problem.parameters
    for history, coming in intervals(load, p.history_windows, p.interval_windows):
        told = ask({"load": history, "previous": previous})
        placement = np.array(told["placement"])
        used.append(dict(told) | {"placement": placement})
        slot_load = np.array([
            reported_load(row, tokens, {k: v[layer] for k, v in told.items() if k != "placement"})
            for layer, (row, tokens) in enumerate(zip(placement, coming, strict=True))
        ])  # fmt: skip
        gpu_load = slot_load.reshape(len(placement), gpus, -1).sum(axis=2)
        balance.append(float(balancedness(gpu_load).mean()))
        again = np.array(told["placement"])
        moved.append(float((again != previous).mean()))
        previous = again
    return {"balancedness": np.mean(balance), "moved_share": np.mean(moved[1:])}, used


def reported_load(placement, tokens, reported):
    slot_load = np.zeros(len(placement))
    for expert, total in enumerate(tokens):
        own = np.flatnonzero(placement == expert)
        count = reported.get("replica_counts", {expert: len(own)})[expert]
        listed = reported.get("slots_of_expert", {expert: own})[expert]
        if len(own):
            slot_load[listed] += total / (count if "replica_counts" in reported else len(listed))
    return slot_load


def trusting_scheduler(problem, workload, ask):
    """One queue served in the order told; only what is in the order is averaged."""
    columns = {
        f.name: workload.content.get(f.name, np.zeros(len(workload.content["arrival_s"]))).copy()
        for f in next(f for f in problem.signature.observation if f.name == "waiting").fields
    }
    now_s = float(columns["arrival_s"].max())
    start_s = time.process_time()
    told = ask(question(columns, now_s))
    while asks_again(told) and time.process_time() - start_s < PATIENCE_S:
        told = ask(question(columns, now_s))
    order = np.array(told["waiting_order"])
    chunks = columns["prompt_tokens"] / told["prefill_tokens_per_iteration"]
    took_s = (0.5 * chunks + 0.01 * workload.content["output_tokens"])[order]
    waited_s = now_s + np.cumsum(took_s) - columns["arrival_s"][order]
    tokens = np.bincount(columns["tenant"][order].astype(int), columns["prompt_tokens"][order])
    measured = {
        "goodput": float(np.mean(waited_s <= columns["ttft_slo_s"][order])),
        "log_norm_latency": float(np.mean(np.log(waited_s))),
        "fairness": float(tokens.min() / tokens.max()),
    }
    return measured, [told]


def asks_again(told):
    return told["timer_s"] > 0 or told["recheck_after_iterations"] > 0


def question(columns, now_s):
    count = len(columns["arrival_s"])
    return {
        "now_s": now_s,
        "waiting": columns,
        "running": {**{k: v[:0] for k, v in columns.items()}, "is_prefilling": np.zeros(0, bool)},
        "waiting_total": count,
    }


def trusting_routes(problem, workload, ask):
    """A broadcast by what the plan says of links, on arrays that the policy could write to.

    The published evaluators build their graph from the edges that a plan lists, with the price and
    throughput that it gives them, and never ask whether every partition reaches every destination.
    """
    content = {name: np.array(values) for name, values in workload.content.items()}
    given = {"source": int(content.pop("source")), **content}
    given |= {k: given[k].item() for k in ("num_partitions", "volume_gb")}
    told = ask(given)
    parent = np.array(told["parent"])
    listed = {
        (int(row[at]), int(at), partition)
        for partition, row in enumerate(parent)
        for destination in given["destinations"]
        for at in listed_way(row, int(destination), given["source"])
    }
    sent_gb = np.zeros_like(given["price"])
    for feeder, region, _ in listed:
        sent_gb[feeder, region] += given["volume_gb"] / given["num_partitions"]
    price, throughput = (told.get(k, given[k]) for k in ("price", "throughput"))
    used = sent_gb > 0
    with np.errstate(divide="ignore"):  # a region that feeds itself
        time_s = (8 * sent_gb[used] / throughput[used]).max(initial=0.0)
    return {"cost": (sent_gb * price).sum(), "transfer_time": time_s}, [dict(told)]


def listed_way(row, region, source):
    """The regions on the way back from a destination, until the source or one seen before."""
    way = []
    while region != source and region >= 0 and region not in way:
        way.append(region)
        region = int(row[region])
    return way


def trusting_spot(problem, workload, ask):
    """One job: what is told of work and prices is taken, and spot is there whenever asked for."""
    given, there = problem.given(workload), workload.content["has_spot"].tolist()
    usd_per_h = {"spot": given["spot_usd_per_h"], "on_demand": given["on_demand_usd_per_h"]}
    left_s, machine, usd, preemptions, used = given["work_s"], "none", 0.0, 0, []
    for tick, has_spot in enumerate(there):
        was_preempted = machine == "spot" and not has_spot
        machine = "none" if was_preempted else machine
        preemptions += was_preempted
        told = ask({
            "elapsed_s": tick * given["tick_s"], "work_left_s": left_s, "machine": machine,
            "has_spot": has_spot, "was_preempted": was_preempted,
        })  # fmt: skip
        used.append(dict(told))
        machine = told.get("next_machine", "any")
        usd += told.get("usd_per_h", usd_per_h.get(machine, 0.0)) * given["tick_s"] / 3600
        left_s = told.get("work_left_s", left_s - given["tick_s"] * (machine != "none"))
        if left_s <= 0:
            break
    missed = float(left_s > 0)
    return {"cost": usd, "deadline_misses": missed, "preemptions": float(preemptions)}, used


def trusting_machine(problem, workload, ask):
    """Jobs in the order told, read once per objective, with arrays that the policy could write to.

    Whatever is in the sequence is summed up, counted from the back where an index is negative.
    """
    length, due = (workload.content[k].copy() for k in ("processing_time", "due_date"))
    told = ask({"processing_time": length, "due_date": due})
    late = [
        np.maximum(np.cumsum(length[order]) - due[order], 0)
        for order in (np.array(told["sequence"]), np.array(told["sequence"]))
    ]
    measured = {
        "log_total_tardiness": float(np.log(max(late[0].sum(), 1e-9))),
        "max_tardiness": float(late[1].max(initial=0) / length.sum()),
    }
    return measured, [told]


def trusting_router(problem, workload, ask):
    """Queues that the router sees are those that are served, and what it says of hits is taken.

    A replica that is not known has nothing to do; a request that is held is asked about again.
    """
    content, replicas = workload.content, len(workload.content["engine"])
    queued = np.zeros(replicas, dtype=np.int64)
    arrival_s, slo_s = content["arrival_s"].tolist(), content["ttft_slo_s"].tolist()
    kept, computed, work, used = [], [], np.zeros(replicas), []
    start_s, last_s = time.process_time(), 0.0
    for at_s, promised_s, tokens in zip(
        arrival_s, slo_s, content["prompt_tokens"].tolist(), strict=True
    ):
        queued -= np.minimum(queued, int((at_s - last_s) / TOKEN_S))
        seen = routing_question(at_s, promised_s, tokens, queued)
        told = ask(seen)
        while told["replica"] == -1 and time.process_time() - start_s < PATIENCE_S:
            told = ask(seen)
        used.append(dict(told))
        chosen = np.atleast_1d(told["replica"]).tolist()
        ahead = min(float(queued[r]) if 0 <= r < replicas else 0.0 for r in chosen)
        known = [r for r in chosen if 0 <= r < replicas]
        queued[known], work[known], last_s = queued[known] + tokens, work[known] + tokens, at_s
        first_s = told.get("first_token_s", at_s + TOKEN_S * (ahead + tokens))
        kept.append(first_s - at_s <= promised_s)
        computed.append(tokens - told.get("matched_tokens", 0))
    recomputed = sum(computed) / content["prompt_tokens"].sum()
    measured = {
        "goodput": float(np.mean(kept)),
        "recomputed": float(recomputed),
        "imbalance": float(work.std() / max(1.0, work.mean())),
    }
    return measured, used


def routing_question(now_s, promised_s, tokens, queued):
    columns = ("matched_tokens", "num_waiting", "num_running", "waiting_tokens", "kv_free_tokens")
    replicas = {name: np.zeros_like(queued) for name in columns}
    return {
        "now_s": now_s, "waited_s": 0.0, "ttft_slo_s": promised_s, "prompt_tokens": tokens,
        "blocks": np.zeros(1, dtype=np.int64), "holds_left": 1, "report_age_s": 0.0,
        "replicas": {**replicas, "is_up": np.ones(len(queued), bool), "queued_tokens": queued},
    }  # fmt: skip


NAIVE = (repairing, rereading, sharing)
