import hashlib
from pathlib import Path

import jinja2
import pytest

from evaluators.resources import resource
from evolve.prompting.template import (
    NEXT_MESSAGE,
    Template,
    environment,
    parse_template,
    shipped_templates,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "prompts.txt"
FRONT = "---\nname: x\nversion: 2\nroles: [system, user]\nsections: [program]\n---\n"


def test_a_template_has_a_text_for_every_role():
    found = parse_template(f"{FRONT}One.\n\n{NEXT_MESSAGE}\n\nTwo.\n")
    assert (found.name, found.version) == ("x", 2)
    assert (found.roles, found.sections) == (("system", "user"), ("program",))
    assert found.texts == ("One.", "Two.")


@pytest.mark.parametrize("text", ["No front matter.", FRONT + "One.", "---\nname: x\n---"])
def test_a_template_that_is_none_is_refused(text: str):
    with pytest.raises((ValueError, KeyError)):
        parse_template(text)


def test_every_template_is_named_as_its_file():
    files = [f for f in resource("prompts").rglob("*.md") if f.parent.name != "problems"]
    names = {f.relative_to(resource("prompts")).with_suffix("").as_posix() for f in files}
    assert set(shipped_templates()) == names


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{{ unknown }}", jinja2.UndefinedError),
        ("{{ ''.__class__.__mro__ }}", jinja2.exceptions.SecurityError),
        ("{{ values.append(1) }}", jinja2.exceptions.SecurityError),
        ("{% include '/etc/hostname' %}", jinja2.TemplateNotFound),
        ("{% include '../pyproject.toml' %}", jinja2.TemplateNotFound),
        ("{% include 'problems/expert_placement.md' %}", jinja2.TemplateNotFound),
    ],
)
def test_templates_reach_nothing_but_what_they_are_given(text: str, error: type[Exception]):
    with pytest.raises(error):
        environment().from_string(text).render(values=[])


def test_what_is_filled_in_is_no_template():
    assert environment().from_string("{{ text }}").render(text="{{ 7 * 7 }}") == "{{ 7 * 7 }}"


def digest(found: Template) -> str:
    return hashlib.sha256("\0".join((*found.sections, *found.texts)).encode()).hexdigest()[:16]


def test_a_version_is_raised_with_the_words():
    """A replay whose prompt differs names the versions; the file has name, version and digest."""
    now = [f"{t.name} {t.version} {digest(t)}" for _, t in sorted(shipped_templates().items())]
    golden = GOLDEN.read_text().splitlines()
    versions = dict(line.rsplit(" ", 1) for line in golden)
    changed = [t.name for t in shipped_templates().values()
               if versions.get(f"{t.name} {t.version}", digest(t)) != digest(t)]  # fmt: skip
    assert not changed, "raise `version` in their front matter"
    assert now == golden, "\n".join([f"{GOLDEN.name} should be", *now])
