"""EVOLVE-BLOCK markers: where a policy has them, all lines outside must stay as they are."""

from __future__ import annotations

import io
import tokenize

from evolve.replies.reply import RefusedError
from evolve.replies.wording import one_line

START, END = "EVOLVE-BLOCK-START", "EVOLVE-BLOCK-END"
_QUOTED = 100  # characters of a line in a reason


def has_region(policy: str) -> bool:
    """Whether the policy says which of its lines may be changed."""
    return any(_is_marker(line, START) for line in policy.splitlines())


def lines_after_start(policy: str) -> list[str]:
    """The lines after the first marker that opens a region, to the end of the policy."""
    lines = policy.splitlines()
    start = next((i for i, line in enumerate(lines) if _is_marker(line, START)), len(lines))
    return lines[start + 1 :]


def check_region(source: str, frame: str) -> None:
    """Refuse a source, which is Python, that changes what `frame` keeps fixed.

    Raises:
        RefusedError: a line outside the markers, or a marker, is not as it was.
    """
    if not has_region(frame):
        return
    fixed, found = _fixed_lines(frame), _fixed_lines(source)
    if fixed != found:
        kept = set(found)
        lost = next((line for line in fixed if line not in kept), fixed[0])
        raise RefusedError(
            f"lines outside the markers `# {START}` and `# {END}` must stay as they are, the"
            f" markers too; changed or missing: {one_line(lost, _QUOTED)}"
        )
    if _has_open_markers(source):
        raise RefusedError(f"a bracket or text is open where `# {START}` or `# {END}` stands")


def _fixed_lines(policy: str) -> list[str]:
    """The markers and the lines outside them, without blank lines at either end."""
    fixed: list[str] = []
    is_fixed = True
    for line in policy.replace("\r\n", "\n").lstrip("\n").rstrip().split("\n"):
        is_fixed = is_fixed or _is_marker(line, END)
        if is_fixed:
            fixed.append(line)
        is_fixed = is_fixed and not _is_marker(line, START)
    return fixed


def _has_open_markers(source: str) -> bool:
    """Whether a marker is no comment between statements: text or brackets could swallow lines."""
    markers = sum(_is_any_marker(line) for line in source.split("\n"))
    return markers != _markers_between_statements(source)


def _markers_between_statements(source: str) -> int:
    depth = found = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        found += token.type == tokenize.COMMENT and depth == 0 and _is_any_marker(token.line)
    return found


def _is_any_marker(line: str) -> bool:
    return _is_marker(line, START) or _is_marker(line, END)


def _is_marker(line: str, word: str) -> bool:
    return line.lstrip().startswith("#") and word in line
