"""Numbers as people read them."""

import pytest

from evolve.cli.wording import duration, figure, heading, printable, size


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0, "0"), (0.912345, "0.9123"), (12345.6, "12346"), (1e-6, "1e-06")],
)
def test_figures_have_four_digits(value: float | None, text: str) -> None:
    assert figure(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (130, "2 min 10 s"), (3840, "1 h 04 min")],
)
def test_durations_show_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_sizes_are_decimal() -> None:
    assert (size(999_499), size(1_250_000)) == ("999 kB", "1.2 MB")
    assert size(84_179_700_000) == "84.2 GB"


def test_headings_break_at_underscores() -> None:
    assert heading("moved_share", "↓ share") == "moved_share\n↓ share"
    assert heading("goodput", "") == "goodput"
    assert heading("log_norm_latency", "↓ x deepseek_hierarchical") == (
        "log_norm_\nlatency\n↓ x deepseek_\nhierarchical"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("if x:\n\treturn 'é\N{NO-BREAK SPACE}'", "if x:\n\treturn 'é\N{NO-BREAK SPACE}'"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[2J\x9b2J\x00\x08\x0c\x7f", "?[2J?2J????"),
        ("\u202eab\u2028\ud800", "?ab??"),
    ],
)
def test_texts_of_others_command_nothing(text: str, shown: str) -> None:
    assert printable(text) == shown
