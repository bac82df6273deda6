"""The part of the report that is about other searches, and about noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from evaluators.contract import Objective
from evolve.controls import TITLES, Controls
from evolve.report.command import command_of, doctor_command
from evolve.report.writing import interval_of, required_words, table, text_of
from evolve.runs import Run


def controls_section(
    run: Run, controls: Controls, noise_floors: Mapping[str, float]
) -> Iterable[str]:
    """What control arms found under the same budget, and what measured objectives are worth."""
    yield "## Control arms and noise"
    yield ""
    yield controls.verdict
    yield from _arms(controls) if len(controls.arms) > 1 else _how(run)
    for o in run.scale.objectives:
        if o.kind == "measured":
            yield ""
            yield f"{text_of(o.name)} is read from a clock: {_rests(run, o)}."
            yield _noise(run, noise_floors.get(o.name))


def _arms(controls: Controls) -> Iterable[str]:
    yield ""
    yield from table(
        ("arm", "runs", "evaluations", "sealed volume", "search - arm"),
        [
            (
                TITLES[arm], str(len(controls.of(arm))), f"{controls.evaluations(arm):.0f}",
                f"{controls.volume(arm):.4f}",
                interval_of(d) if arm != "full" and (d := controls.difference(arm)) else "",
            )
            for arm in controls.arms
        ],
    )  # fmt: skip


def _rests(run: Run, objective: Objective) -> str:
    """What of the claims a measured objective decides."""
    texts = required_words(c for c in run.constraints() if c.objective == objective)
    if not texts:
        return "no claim above rests on it"
    return f"what is said of {texts} holds for the machine that measured it"


def _how(run: Run) -> Iterable[str]:
    yield f"To find out: `{command_of(run, 'bench')}`"


def _noise(run: Run, floor: float | None) -> str:
    if floor is None:
        return f"Its noise floor here is unknown: `{doctor_command(run.settings.problem)}`"
    return (
        f"Equal policies differ by up to {floor:.0%} in it on this machine (95th percentile) when "
        "measured in turns, median of three (`adrs compare`); the figures above are single plays "
        "and differ more."
    )
