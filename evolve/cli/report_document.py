"""The report as one JSON document: every figure of the written one, under the same headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive.entry import num_evaluated
from archive.lineage import descent
from evaluators.comparison import Contrast
from evaluators.contract import SPLITS, Objective
from evaluators.stats import Interval
from evolve.cli.bench_page import controls_document
from evolve.cli.documents import (
    Document,
    breaks_document,
    contrast_document,
    entry_document,
    front_document,
    interval_document,
    objective_document,
    outcome_document,
)
from evolve.cli.run_page import spending_document
from evolve.report.claims import Claims, Member
from evolve.report.command import command_of
from evolve.report.markdown import Report
from evolve.report.winner import nearest
from evolve.sheet import Sheet, Trial, Versus


def report_document(report: Report) -> Document:
    """What `adrs report RUN --json` prints."""
    run = report.run
    return {
        "run": run.name,
        "problem": run.identity,
        "summary": _summary(report.claims),
        "question": _question(report),
        "budget": _budget(report),
        "front": front_document(run, "selection"),
        "sealed": _sealed(report),
        "winner": _winner(report),
        "robustness": _sheet(report.sheet) if report.sheet else None,
        "control_arms": controls_document(report.controls),
        "noise_floors": {
            o.name: report.noise_floors.get(o.name)
            for o in run.scale.objectives
            if o.kind == "measured"
        },
        "reproduction": _reproduction(report),
    }


def _summary(claims: Claims) -> Document:
    """Volumes are of the box between reference and limit, on sealed; null without any limit.
    `absent_baselines` fail there, and are part of none.
    """
    boxed = claims.has_box
    return {
        "hypervolume": claims.hypervolume if boxed else None,
        "baseline_hypervolume": claims.baseline_hypervolume if boxed else None,
        "gain": _estimate(claims.gain) if boxed else None,
        "absent_baselines": [b.name for b in claims.absent],
        "winner": claims.winner.name if claims.winner else None,
        "winner_gain": _estimate(claims.winner_gain) if claims.winner_gain else None,
        "is_shown": claims.is_shown,
    }


def _estimate(interval: Interval) -> Document:
    return {"estimate": interval.estimate, "interval": interval_document(interval)}


def _question(report: Report) -> Document:
    problem, settings = report.run.problem, report.run.settings
    workloads = {split: problem.workloads(split) for split in SPLITS}
    return {
        "entry": problem.signature.entry,
        "parameters": dict(settings.problem.parameters),
        "workload_file": settings.problem.workload_file,
        "require": list(settings.require),
        "objectives": [
            {**objective_document(o, report.limits), "resolution": o.resolution}
            for o in problem.objectives
        ],
        "splits": {
            split: {"workloads": len(of), "clusters": len({w.cluster for w in of})}
            for split, of in workloads.items()
        },
    }


def _budget(report: Report) -> Document:
    run = report.run
    decisions = run.decisions()
    return {
        "evaluations": run.settings.evaluations,
        "evaluated": num_evaluated(decisions, run.failures()),
        "decisions": dict(decisions),
        "failures": dict(run.failures()),
        "stopped": run.stopped,
        "spending": spending_document(run),
    }


def _sealed(report: Report) -> Document:
    claims = report.claims
    return {
        "openings": [{"reason": why, "at": at} for why, at in report.run.openings()],
        "baselines": [_member(report, m) for m in claims.baselines],
        "front": [_member(report, m) for m in claims.front],
    }


def _member(report: Report, member: Member) -> Document:
    """`values` is empty where the policy failed; `gap` is search less sealed; `breaks` is what of
    the requirements its sealed values do not meet.
    """
    exact = report.claims.exact if member.sealed else []
    return {
        "name": member.name,
        **entry_document(report.run.name, member.entry),
        **outcome_document(member.outcome),
        **breaks_document(report.claims.required, member.sealed),
        "sealed": [_sealed_value(report, member, o) for o in exact],
    }


def _sealed_value(report: Report, member: Member, objective: Objective) -> Document:
    bound = report.limits[objective.name]
    value = member.sealed[objective.name]
    return {
        "objective": objective.name,
        "value": value,
        "interval": interval_document(report.claims.interval(member, objective)),
        "to_limit": abs(bound.value - value) if bound else None,
        "gap": member.gap(objective),
    }


def _winner(report: Report) -> Document | None:
    claims, run, reduced = report.claims, report.run, report.reduced
    winner = claims.winner
    if winner is None:
        return None
    source = reduced.source if reduced else winner.entry.proposal.source
    steps = descent(winner.entry, run.entries(), claims.exact)
    return {
        **entry_document(run.name, winner.entry),
        "contrasts": _contrasts(claims.contrasts()),
        "line": [
            {"id": f"{run.name}/{s.entry.number}", "proposer": s.entry.proposal.proposer,
             "gains": dict(s.gains)}
            for s in steps
        ],
        "source": winner.entry.proposal.source,
        "reduced": {
            "source": reduced.source,
            "lines": [reduced.before.lines, reduced.after.lines],
            "nodes": [reduced.before.nodes, reduced.after.nodes],
            "is_finished": reduced.is_finished,
        } if reduced else None,
        "nearest_baseline": nearest(claims.baselines, source)[0],
    }  # fmt: skip


def _contrasts(found: Mapping[str, Sequence[Contrast]]) -> Document:
    """By baseline; A is the winner."""
    return {name: [contrast_document(c) for c in of] for name, of in found.items()}


def _sheet(sheet: Sheet) -> Document:
    return {
        "as_searched": _trial(sheet.as_searched),
        "settings": [_trial(t) for t in sheet.trials],
        "weaknesses": [_versus(v) for v in sheet.weaknesses()],
        "worst": [_versus(v) for v in sheet.worst()],
        "unvaried": dict(sheet.unvaried),
    }


def _trial(trial: Trial) -> Document:
    return {
        "axis": trial.variation.axis,
        "name": trial.variation.name,
        "parameters": dict(trial.variation.parameters),
        "workloads": len(trial.workloads),
        "clusters": len({w.cluster for w in trial.workloads}),
        **outcome_document(trial.winner),
        "values": dict(trial.values),
        "contrasts": _contrasts(trial.contrasts),
        **({"breaks": [c.text for c in trial.broken(trial.winner)]} if trial.required else {}),
    }


def _versus(versus: Versus) -> Document:
    variation = versus.trial.variation
    return {
        "axis": variation.axis,
        "name": variation.name,
        "baseline": versus.baseline,
        **contrast_document(versus.contrast),
    }


def _reproduction(report: Report) -> Document:
    run = report.run
    return {
        "command": command_of(run),
        "exact": run.settings.exact,
        "asks": run.settings.asks,
        "versions": dict(run.versions),
        "sandbox": dict(run.protections()),
        "caution": run.caution,
    }
