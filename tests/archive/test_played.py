"""Evaluations of a race, which come in two parts, read as one."""

from dataclasses import replace

from archive.entry import Commit, Evaluation, EvaluationKey, Proposal
from archive.library import assembled
from archive.played import played, together
from evaluators.contract import Failure, Score
from tests.archive.making import proposal
from tests.problems import GuessProblem

PROBLEM = GuessProblem()
IDS = [w.id for w in PROBLEM.workloads("search")]


def part(ids, purpose="search", value=0.25):
    values = {o.name: dict.fromkeys(ids, value) for o in PROBLEM.objectives}
    key = EvaluationKey(proposal(1).digest, "search", f"{len(ids)}", purpose)
    return Evaluation(
        key, Score(values), "local", "cpu", "L2", "ff", dict.fromkeys(ids, "t"), 1.0, 2.0
    )


def test_two_parts_are_one_evaluation():
    whole = together(part(IDS[:1]), part(IDS[1:], value=0.75))
    assert whole.outcome.values["error"] == dict(zip(IDS, (0.25, 0.75, 0.75, 0.75), strict=True))
    assert (whole.cpu_s, whole.wall_s, set(whole.traces)) == (2.0, 4.0, set(IDS))


def test_what_failed_in_one_part_failed():
    failure = Failure("no entry", "gone the second time")
    broken = replace(part(IDS[1:]), outcome=failure)
    assert together(part(IDS[:1]), broken).outcome == failure
    rest = part(IDS[1:])
    crash = {IDS[1]: Failure("crash", "x")}
    failed = replace(rest, outcome=Score(rest.outcome.values, crash))
    assert together(part(IDS[:1]), failed).outcome.failures == crash


def test_other_purposes_have_one_part():
    first, again = part(IDS, "rescore"), part(IDS, "rescore", value=0.5)
    assert played([first, again])[first.key.digest, "rescore"] is first


def test_entries_of_a_race():
    p = proposal(1)
    few, rest = part(IDS[:1]), part(IDS[1:])
    (whole,) = assembled([Commit(1, 1, "dominated")], [p], [few, rest], PROBLEM)
    assert whole.values["search"]["error"] == 0.25
    (lost,) = assembled([Commit(1, 1, "eliminated")], [p], [few], PROBLEM)
    assert (lost.decision, lost.values, lost.outcome) == ("eliminated", {}, few.outcome)


def test_a_duplicate_of_who_was_eliminated_has_no_value_either():
    first, second = proposal(1), proposal(2)
    commits = [Commit(1, 1, "eliminated"), Commit(2, 2, "duplicate", duplicate_of=1)]
    _, again = assembled(commits, [first, second], [part(IDS[:1])], PROBLEM)
    assert (again.decision, again.values, again.is_valid) == ("duplicate", {}, False)


def test_a_kill_between_the_parts_leaves_no_entry():
    p: Proposal = proposal(1)
    assert assembled([], [p], [part(IDS[:1])], PROBLEM) == []
