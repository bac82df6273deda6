"""The stub answers every prompt in a form that is read, by skill or by a local edit."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from functools import cache
from urllib.request import Request, urlopen

import pytest

from archive.normal_form import normal_digest
from evaluators.contract import Failure, Problem
from evaluators.registry import ProblemSpec
from evolve.prompting.rendering import Kind, Prompt, render
from evolve.replies.reading import read_reply
from evolve.replies.reply import Rejection, Source
from tests.bench import skill_stub
from tests.bench.skill_stub import BROKEN, LESSON, SkillStub, ladder_of
from tests.evolve.prompting.situations import entry, full
from tests.stub_models.server import StubModels, running

KINDS: tuple[Kind, ...] = ("diff", "rewrite", "crossover", "explore", "simplify")
CASES = [
    *((kind, "expert_placement") for kind in KINDS),
    *((kind, "request_scheduling") for kind in KINDS[:2]),
]
SEEDS = 20
ROOMY = 200_000


@cache
def problem_of(name: str) -> Problem:
    return ProblemSpec(name).load()


def prompt_of(kind: Kind, name: str) -> Prompt:
    return render(kind, full(problem_of(name)), ROOMY)


def said(
    prompt: Prompt, name: str, q: float = 0.0, seeds: int = SEEDS
) -> Iterator[Source | Rejection]:
    stub = SkillStub(problem_of(name), q)
    asked = prompt.messages[-1].content
    return (read_reply(stub.answer(asked, seed), prompt.expected) for seed in range(seeds))


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_local_edit_is_read_in_whatever_form_was_asked_for(kind, name):
    read = list(said(prompt_of(kind, name), name))
    sources = [r for r in read if isinstance(r, Source)]
    assert len(sources) > SEEDS * (1 - 3 * BROKEN)
    assert {s.form for s in sources} == {"edits" if kind == "diff" else "program"}
    assert len({normal_digest(s.text) for s in sources}) > SEEDS / 4


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_all_skill_gives_the_hidden_ladder_whatever_is_shown(kind, name):
    ladder = {source.strip() for source in ladder_of(problem_of(name))}
    read = list(said(prompt_of(kind, name), name, q=1.0, seeds=60))
    assert all(isinstance(r, Source) for r in read)
    assert {r.text.strip() for r in read} == ladder


def test_answers_are_broken_in_every_way():
    read = said(prompt_of("diff", "expert_placement"), "expert_placement", seeds=80)
    reasons = " / ".join({r.reason for r in read if isinstance(r, Rejection)})
    assert "no program" in reasons
    assert "not Python" in reasons
    assert "the line that I remember" in reasons


def test_a_broken_program_is_mended():
    problem = problem_of("expert_placement")
    seed = next(iter(problem.baselines().values())).source
    refused = Rejection("it does not parse", "", seed + "\nreturn (\n", "program")
    prompt = render("repair", dataclasses.replace(full(problem), refused=refused), ROOMY)
    answers = [r for r in said(prompt, "expert_placement") if isinstance(r, Source)]
    assert normal_digest(seed) in {normal_digest(r.text) for r in answers}


def test_a_program_that_fails_is_edited():
    problem = problem_of("expert_placement")
    source = problem.baselines()["packed_once"].source
    failing = entry(problem, 99, source, Failure("crash", "division by zero"))
    prompt = render("repair", dataclasses.replace(full(problem), parents=(failing,)), ROOMY)
    assert any(isinstance(r, Source) for r in said(prompt, "expert_placement"))


def test_reflection_gets_a_lesson():
    asked = prompt_of("reflect", "expert_placement").messages[-1].content
    assert SkillStub(problem_of("expert_placement"), 1.0).answer(asked, 1) == LESSON


def test_the_same_program_and_seed_get_the_same_answer_over_http():
    prompt = prompt_of("rewrite", "expert_placement")
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    with running(StubModels(text=skill_stub.expert_placement)) as served:
        url = f"{served.openai_url}/chat/completions"
        said = [
            posted(url, {"model": "skill", "messages": messages, "seed": seed})
            for seed in (3, 4, 3)
        ]
    stub = SkillStub(problem_of("expert_placement"), 0.05)
    assert said[0] == said[2] == stub.answer(prompt.messages[-1].content, 3)
    assert said[0] != said[1]


def posted(url: str, body: dict) -> str:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as response:
        return json.load(response)["choices"][0]["message"]["content"]
