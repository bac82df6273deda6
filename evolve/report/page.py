"""The report as one static HTML file: its text, and a picture of the run."""

from __future__ import annotations

import html
import tempfile
from pathlib import Path

from archive.plotting import Picture, draw

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9em; }}
th, td {{ border-bottom: 1px solid #ccc; padding: 0.2rem 0.7rem; }}
pre {{ background: #f4f4f4; padding: 0.8rem; overflow-x: auto; }}
.picture svg {{ width: 100%; height: auto; }}
</style>
</head>
<body>
{body}
<div class="picture">
{picture}
</div>
</body>
</html>
"""


def page(title: str, markdown: str, picture: Picture) -> str:
    """The page. Nothing in it is fetched or run, whatever a policy's text says.

    Raises:
        UsageError: matplotlib is missing.
    """
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return _PAGE.format(title=html.escape(title), body=body, picture=_drawn(picture))


def _drawn(picture: Picture) -> str:
    """The picture as an SVG element."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.svg"
        draw(picture, file)
        text = file.read_text(encoding="utf-8")
    return text[text.index("<svg") :]
