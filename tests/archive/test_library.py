import json
from dataclasses import replace
from statistics import fmean

import pytest

from archive.entry import Commit, Evaluation, EvaluationKey, RunRecord
from archive.library import Library, dump, entries_of
from archive.store.places import store_at
from evaluators.contract import Failure, Score
from evaluators.errors import UsageError
from evaluators.playing import play
from tests.archive.making import proposal
from tests.problems import GuessProblem

PROBLEM = GuessProblem()
SOURCES = [p.source for p in PROBLEM.baselines().values()]


def played(of, split, purpose, *, failing=False, wall_s=0.1):
    """An evaluation of a baseline on a whole split; the last workload fails if asked."""
    workloads = PROBLEM.workloads(split)
    policy = next(p for p in PROBLEM.baselines().values() if p.source == of.source)
    values = {o.name: {w.id: wall_s for w in workloads} for o in PROBLEM.objectives}
    for w in workloads:
        for name, value in play(PROBLEM, w, policy)[0].values.items():
            values[name][w.id] = value
    failures = {workloads[-1].id: Failure("non-deterministic", "differs")} if failing else {}
    key = EvaluationKey(of.digest, split, "set", purpose)
    return Evaluation(key, Score(values, failures), "local", "cpu", "L2", "ff", wall_s=wall_s)


def record(name):
    problem = {"name": PROBLEM.name, "version": PROBLEM.version, "digest": "d"}
    return RunRecord(name, {"problem": problem}, {}, "2026-01-01T00:00:00+00:00")


def fill(root, name="r1", *, wall_s=0.1, backwards=False):
    """Four proposals: one joins, one is refused by its confirmation, a duplicate, one crashes."""
    first, second, third = proposal(1, SOURCES[0]), proposal(2, SOURCES[1], (1,)), None
    third = replace(first, number=3, parents=(2,))
    crash = proposal(4, "def guess(): return 1 / 0\n", (1,))
    evaluations = [
        played(first, "search", "search", wall_s=wall_s),
        played(first, "search", "confirm", wall_s=wall_s),
        played(first, "selection", "selection", wall_s=wall_s),
        played(second, "search", "search", wall_s=wall_s),
        played(second, "search", "confirm", failing=True, wall_s=wall_s),
    ]
    key = EvaluationKey(crash.digest, "search", "set", "search")
    evaluations.append(Evaluation(key, Failure("syntax", "line 1"), "local", "", "L2", ""))
    with store_at(root).create(record(name)) as journal:
        for p in (first, second, third, crash):
            journal.add_proposal(p)
        for e in reversed(evaluations) if backwards else evaluations:
            journal.add_evaluation(e)
        journal.add_commit(Commit(1, 1, "front"))
        journal.add_commit(Commit(2, 2, "failed"))
        journal.add_commit(Commit(3, 3, "duplicate", duplicate_of=1))
        journal.add_commit(Commit(4, 4, "failed"))
        return entries_of(journal, PROBLEM), dump(journal, PROBLEM)


def test_entries_join_what_the_rows_say(tmp_path):
    entries, _ = fill(tmp_path)
    assert [e.number for e in entries] == [1, 2, 3, 4]
    joined, refused, duplicate, crashed = entries
    assert set(joined.values) == {"search", "selection"}
    exact = next(o for o in PROBLEM.objectives if o.kind == "exact")
    families = {}
    for w in PROBLEM.workloads("search"):
        families.setdefault(w.family, []).append(joined.outcome.values[exact.name][w.id])
    expected = fmean(fmean(v) for v in families.values())
    assert joined.values["search"][exact.name] == pytest.approx(expected)
    assert refused.decision == "failed"
    assert [f.kind for f in refused.outcome.failures.values()] == ["non-deterministic"]
    assert refused.values == {}
    assert (duplicate.outcome, duplicate.values) == (joined.outcome, joined.values)
    assert duplicate.proposal.parents == (2,)
    assert not duplicate.is_valid
    assert crashed.outcome == Failure("syntax", "line 1")


def test_the_dump_is_equal_whatever_the_clock_and_the_order_of_arrival(tmp_path):
    _, one = fill(tmp_path, "one")
    _, other = fill(tmp_path, "other", wall_s=7.0, backwards=True)
    assert one == other
    lines = [json.loads(line) for line in one.splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3, 4]
    assert len(lines[0]["outcomes"]) == 3
    measured = {o.name for o in PROBLEM.objectives if o.kind == "measured"}
    assert measured
    assert not any(measured & set(o.get("values", ())) for x in lines for o in x["outcomes"])


def test_the_dump_shows_another_value(tmp_path):
    _, one = fill(tmp_path, "one")
    shown = json.loads(one.splitlines()[0])["outcomes"][0]["values"]
    exact = next(o.name for o in PROBLEM.objectives if o.kind == "exact")
    assert shown[exact] == play_values(exact, shown[exact])


def play_values(name, like):
    policy = next(p for p in PROBLEM.baselines().values() if p.source == SOURCES[0])
    split = next(s for s in ("search", "selection") if next(iter(like)).startswith(s))
    return {w.id: play(PROBLEM, w, policy)[0].values[name] for w in PROBLEM.workloads(split)}


def test_a_status_is_a_run_in_one_line(tmp_path):
    fill(tmp_path)
    status = Library(tmp_path).status("r1")
    assert (status.problem, status.evaluated, status.joined) == (PROBLEM.name, 3, 1)
    assert status.stopped == "killed"


@pytest.mark.parametrize("reason", ["evaluations", "interrupted"])
def test_a_status_says_why_a_run_stopped(tmp_path, reason):
    with store_at(tmp_path).create(record("r1")) as journal:
        assert Library(tmp_path).status("r1").stopped == "running"
        journal.add_note("stop", {"reason": reason}, "t")
    assert Library(tmp_path).status("r1").stopped == reason


def test_one_damaged_run_does_not_hide_the_others(tmp_path):
    fill(tmp_path, "a")
    fill(tmp_path, "b")
    (tmp_path / "a" / "journal.sqlite").write_bytes(b"gone")
    found, damaged = Library(tmp_path).statuses()
    assert [s.name for s in found] == ["b"]
    assert "journal.sqlite is damaged" in damaged[0].message


def test_one_damaged_run_does_not_hide_anothers_policy(tmp_path):
    entries, _ = fill(tmp_path, "b")
    fill(tmp_path, "a")
    (tmp_path / "a" / "journal.sqlite").write_bytes(b"gone")
    copied = tmp_path / "b (copy)"
    copied.mkdir()
    (copied / "journal.sqlite").write_bytes((tmp_path / "b" / "journal.sqlite").read_bytes())
    library = Library(tmp_path)
    assert library.store.names() == ["a", "b"]
    assert library.locate(entries[1].proposal.digest) == ("b", 2)
    with pytest.raises(UsageError, match=r"journal\.sqlite is damaged"):
        library.locate("00000000")


def test_an_entry_is_found_by_id_number_or_digest(tmp_path):
    entries, _ = fill(tmp_path)
    library = Library(tmp_path)
    assert library.locate("r1/2") == ("r1", 2)
    assert library.locate("2", run="r1") == ("r1", 2)
    assert library.locate(entries[1].proposal.digest[:8].upper()) == ("r1", 2)
    assert library.locate(entries[2].proposal.digest) == ("r1", 1)  # where it was new


@pytest.mark.parametrize(
    ("reference", "message", "hint"),
    [
        ("r1/9", "no entry 9", "1 to 4"),
        ("r2/1", "no run 'r2'", "did you mean 'r1'?"),
        ("nonsense", "'nonsense' is no entry", "RUN/N"),
        ("abc", "'abc' is no entry", "4 digits"),
        ("00000000", "0 policies have a digest", "adrs runs"),
    ],
)
def test_what_is_no_entry_is_said(tmp_path, reference, message, hint):
    fill(tmp_path)
    with pytest.raises(UsageError) as error:
        Library(tmp_path).locate(reference)
    assert message in error.value.message
    assert hint in error.value.hint
