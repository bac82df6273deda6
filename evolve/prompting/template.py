"""The Markdown templates in `prompts/`: front matter, then text in Jinja's sandbox.

The front matter has `name`, `version` (raised by hand with the words), and for a whole prompt
`roles`, one per message, and `sections`, in order. Messages are told apart in the template, before
anything is filled in, so nothing that a prompt quotes can begin another message.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from archive.wording import printable
from evaluators.resources import resource
from evolve.llm.message import Role
from evolve.replies.fences import fenced
from evolve.replies.wording import one_line

if TYPE_CHECKING:
    import jinja2

NEXT_MESSAGE = "<!-- next message -->"
_LONGEST_LINE = 300  # characters of a failure, an idea or a lesson
_INCLUDE = re.compile(r'{% include "([\w/]+)\.md" %}')
_ROLES: Mapping[str, Role] = {role: role for role in get_args(Role)}
_BORDER = "---\n"


@dataclass(frozen=True)
class Template:
    """A prompt, or a part of one."""

    name: str
    version: int
    roles: tuple[Role, ...]
    """Of its messages, in order; none for a part."""
    sections: tuple[str, ...]
    texts: tuple[str, ...]
    """A text per message, in Jinja; a part has one."""

    @property
    def includes(self) -> list[str]:
        """The names of the parts that its texts include."""
        return [name for text in self.texts for name in _INCLUDE.findall(text)]

    def render(self, values: Mapping[str, Any]) -> list[str]:
        """The texts filled in. Raises jinja2.UndefinedError for a value that is not given."""
        places = (_place(self.name, i) for i in range(len(self.texts)))
        return [environment().get_template(place).render(values).strip() for place in places]


def template(name: str) -> Template:
    """A shipped template, by its path in `prompts/` without `.md`."""
    return shipped_templates()[name]


def parse_template(text: str) -> Template:
    """A template from the text of its file.

    Raises:
        ValueError: no front matter, or not a text for every role.
    """
    before, *rest = text.split(_BORDER, 2)
    if before or len(rest) != 2:
        raise ValueError("expected a front matter between two lines of ---")
    facts = dict(line.split(": ", 1) for line in rest[0].splitlines())
    found = Template(
        facts["name"],
        int(facts["version"]),
        tuple(_ROLES[role] for role in _listed(facts.get("roles", ""))),
        _listed(facts.get("sections", "")),
        tuple(part.strip() for part in rest[1].split(NEXT_MESSAGE)),
    )
    if len(found.texts) != max(1, len(found.roles)):
        raise ValueError(f"{found.name} has {len(found.texts)} texts and roles {found.roles}")
    return found


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.strip("[]").split(",") if word.strip())


@cache
def shipped_templates() -> Mapping[str, Template]:
    """Every template but the problems' statements, which are no templates."""
    folder = resource("prompts")
    files = [f for f in sorted(folder.rglob("*.md")) if f.parent.name != "problems"]
    parsed = [parse_template(f.read_text("utf-8")) for f in files]
    return {t.name: t for t in parsed}


def _place(name: str, message: int) -> str:
    """Where the environment keeps a text; includes name the first: `{% include "name.md" %}`."""
    return f"{name}.md" + (f"#{message}" if message else "")


@cache
def environment() -> jinja2.Environment:
    """Jinja in its sandbox: only our own templates can be included, an unknown name raises."""
    from jinja2 import DictLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    texts = {
        _place(t.name, i): text
        for t in shipped_templates().values()
        for i, text in enumerate(t.texts)
    }

    class Sandbox(ImmutableSandboxedEnvironment):
        """Keeps its verdicts: they depend on the type and the name alone, and are asked for often.

        Without this most of a prompt's time goes into them.
        """

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            key = type(obj), attr
            if key not in verdicts:
                verdicts[key] = super().is_safe_attribute(obj, attr, value)
            return verdicts[key]

    verdicts: dict[tuple[type, str], bool] = {}
    made = Sandbox(
        loader=DictLoader(texts),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "fenced": fenced,
        "figure": figure,
        "one_line": lambda text: one_line(text, _LONGEST_LINE),
        "printable": printable,
    }
    return made


def figure(value: float | None) -> str:
    """Four significant digits; a dash for what is not known."""
    if value is None:
        return "-"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e7 and math.isfinite(value) else f"{value:.4g}"
