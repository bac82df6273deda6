from pathlib import Path

from archive.plotting import Picture
from evolve.report.page import page
from tests.problems import PlantedProblem

HOSTILE = "```python\nx = '</pre><script>alert(1)</script>'\n```\n<img src=x onerror=alert(1)>\n"


def picture() -> Picture:
    first, second = PlantedProblem.objectives
    return Picture("</svg><script>", (first, second), "selection", [], [], {}, {}, [], 0.0, {})


def test_nothing_in_a_page_is_fetched_or_run() -> None:
    html = page("<script>", HOSTILE, picture())
    assert "<script" not in html
    assert "<img" not in html
    assert "default-src 'none'" in html
    assert html.count("<svg") == 1
    assert "http-equiv" in html


def test_a_page_is_one_file(tmp_path: Path) -> None:
    html = page("r", "# A run\n\n| a | b |\n|---|---:|\n| x | 1 |\n", picture())
    assert "<h1>A run</h1>" in html
    assert "<td>x</td>" in html
    assert html.rstrip().endswith("</html>")
