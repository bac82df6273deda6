"""All runs of a problem as one: what cannot be read is said, and keeps no other away."""

from evolve.across import runs_on
from tests.evolve.test_engine import search
from tests.problems import GUESS


def test_one_damaged_run_does_not_hide_the_others(tmp_path):
    for _ in range(2):
        search(tmp_path, evaluations=6)
    (tmp_path / "guess-1" / "journal.sqlite").write_bytes(b"gone")
    together = runs_on(str(tmp_path), GUESS.load())
    assert [run.name for run in together.runs] == ["guess-2"]
    assert together.front("search")
    assert "journal.sqlite is damaged" in together.caution
