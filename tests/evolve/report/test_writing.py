from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evaluators.stats import Interval
from evolve.report.writing import fenced, interval_of, table, text_of

anything = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))


def rendered(markdown):
    return MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)


@given(st.lists(st.sampled_from(["`", "``", "~~~", "x", " ", "\n", "</pre>", "#"])).map("".join))
def test_no_code_leaves_its_block(code):
    tokens = rendered("\n".join(fenced("python", code)))
    assert [t.type for t in tokens] == ["fence"]
    assert tokens[0].content.rstrip("\n") == code.rstrip("\n")


@given(anything)
def test_words_are_words(words):
    tokens = rendered(f"| a |\n|---|\n| x{text_of(words)} |\n")
    cells = [t for t in tokens if t.type == "inline"]
    assert len(cells) == 2
    assert {c.type for c in cells[1].children} <= {"text", "text_special"}
    assert "".join(c.content for c in cells[1].children).split() == f"x{words}".split()


def test_a_table_has_a_line_per_row():
    assert list(table(("a", "b"), [("x", "1"), ("y", "2")])) == [
        "| a | b |", "|---|---:|", "| x | 1 |", "| y | 2 |",
    ]  # fmt: skip


def test_an_interval_says_why_it_is_none():
    known = Interval(0.5, 0.25, 0.75, 0.95, 9)
    assert interval_of(known) == "+0.5 [+0.25, +0.75]"
    assert interval_of(known, signs=False) == "0.5 [0.25, 0.75]"
    assert interval_of(Interval(0.5, None, None, 0.95, 3, "no interval")) == "+0.5 (no interval)"
