"""Jobs, slots and nodes without a cluster: what is lost is played again, and settled once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evaluators.execution.cluster.admission import Admission
from evaluators.execution.cluster.dealing import MOST_DEATHS, Dealer
from evaluators.execution.cluster.roster import Node

CODE = "this"
REPORT = {"report": "{}"}


class FakeFleet:
    """Remembers what it was told. A slot plays one job at a time."""

    def __init__(self) -> None:
        self.starting: dict[int, set[str]] = {}  # slot -> nodes that it must not be on
        self.running: set[int] = set()
        self.playing: dict[int, str] = {}
        self.given: list[tuple[int, str]] = []
        self.stopped: list[int] = []

    def start(self, slot: int, avoided: Collection[str]) -> None:
        self.starting[slot] = set(avoided)

    def play(self, slot: int, name: str, job: str) -> None:
        assert slot in self.running
        assert slot not in self.playing
        self.playing[slot] = name
        self.given.append((slot, name))

    def stop(self, slot: int) -> None:
        self.stopped.append(slot)
        self.starting.pop(slot, None)
        self.running.discard(slot)
        self.playing.pop(slot, None)


class Table:
    """A dealer, its fleet, and what it said."""

    def __init__(self, *nodes: Node, most: int | None = None, **terms: Any) -> None:
        self.fleet = FakeFleet()
        self.said: list[Mapping[str, Any]] = []
        terms = {"code": CODE, "least": "L1", "one_device": False, **terms}
        self.dealer = Dealer(self.fleet, self.said.append, Admission(**terms), most)
        self.dealer.look(nodes)

    def start_all(self, node: str, level: str = "L2", device: str = "cpu") -> None:
        """Every slot that is asked for starts on a node, unless it is to avoid that one."""
        for slot in sorted(self.fleet.starting):
            if slot in self.fleet.starting and node not in self.fleet.starting[slot]:
                del self.fleet.starting[slot]
                self.fleet.running.add(slot)
                sandbox = {"level": level, "filter_sha256": "", "note": level}
                self.dealer.started(slot, {"node_id": node, "sandbox": sandbox, "device": device})

    def submit(self, name: str, purpose: str = "search", policy: str = "") -> None:
        self.dealer.submit(name, policy or name, purpose, "{}")

    def answer(self, slot: int, answer: Mapping[str, str] = REPORT) -> None:
        self.dealer.answered(slot, self.fleet.playing.pop(slot), answer)

    @property
    def settled(self) -> list[str]:
        return [words["name"] for words in self.said if "name" in words]

    @property
    def news(self) -> list[str]:
        return [words["news"] for words in self.said if "news" in words]


A, B = Node("a", "node-a", 1), Node("b", "node-b", 2)


def test_a_job_under_way_is_not_played_twice_for_who_asks_twice():
    table = Table(B)
    table.start_all("b")
    table.submit("j")
    table.submit("j")
    assert [name for _, name in table.fleet.given] == ["j"]


def test_what_a_lost_slot_played_comes_before_what_waits():
    table = Table(A)
    table.start_all("a")
    table.submit("first")
    table.submit("second")
    table.dealer.lost(1, "killed")
    table.dealer.look([A])
    table.start_all("a")
    assert [name for _, name in table.fleet.given] == ["first", "first"]
    assert table.dealer.state.retries == 1
    assert table.dealer.state.queued == 1


def test_a_late_duplicate_is_recognised_and_dropped():
    """A node goes silent and is given up; it answers after its job was played elsewhere."""
    table = Table(A, B, most=2)
    table.start_all("a")
    table.submit("j")
    [(slot, _)] = table.fleet.given
    table.dealer.look([B])
    table.start_all("b")
    table.dealer.look([B])
    table.start_all("b")
    table.answer(table.fleet.given[-1][0])
    assert table.settled == ["j"]
    table.dealer.answered(slot, "j", {"report": "another"})
    assert table.settled == ["j"]
    assert table.dealer.late == 1


def test_an_answer_from_a_slot_that_was_given_up_settles_a_job_that_waits():
    table = Table(A)
    table.start_all("a")
    table.submit("j")
    table.dealer.lost(1, "unreachable")
    table.dealer.answered(1, "j", REPORT)
    assert table.settled == ["j"]
    table.dealer.look([A])
    table.start_all("a")
    assert len(table.fleet.given) == 1, "it is not played again"


def test_a_job_that_kills_every_slot_is_a_fault_and_not_played_for_ever():
    table = Table(A)
    table.start_all("a")
    table.submit("j")
    for _ in range(MOST_DEATHS):
        [slot] = table.fleet.playing
        table.answer(slot, {"died": "killed with signal 9"})
    assert table.settled == ["j"]
    assert "signal 9" in table.said[-1]["fault"]
    assert not table.fleet.playing


def test_a_policy_is_confirmed_by_another_slot_than_searched_it():
    table = Table(B)
    table.start_all("b")
    table.submit("s", "search", "p")
    [(searcher, _)] = table.fleet.given
    table.submit("other", "search", "q")
    table.answer(searcher)
    table.submit("c", "confirm", "p")
    assert len(table.fleet.given) == 2, "it waits for the other slot"
    table.submit("next", "search", "r")
    assert table.fleet.given[-1] == (searcher, "next"), "who comes after does not wait with it"
    table.answer(table.fleet.given[1][0])
    assert table.fleet.given[-1] == (table.fleet.given[1][0], "c")


def test_a_policy_is_confirmed_by_the_only_slot():
    table = Table(A)
    table.start_all("a")
    table.submit("s", "search", "p")
    table.answer(1)
    table.submit("c", "confirm", "p")
    assert table.fleet.given[-1] == (1, "c")


def test_a_node_below_the_level_is_refused_by_name_and_avoided():
    table = Table(A, B, least="L2")
    table.start_all("a", level="L1")
    assert [line for line in table.news if "node node-a is refused" in line and "L1" in line]
    assert table.dealer.state.nodes == 1
    assert table.dealer.wanted == B.cpus
    table.dealer.look([A, B])
    assert all(avoided == {"a"} for avoided in table.fleet.starting.values())


def test_when_nobody_may_play_the_engine_is_told_why():
    table = Table(A, least="L3")
    table.start_all("a", level="L2")
    assert any("node-a" in words["unusable"][0] for words in table.said if "unusable" in words)


def test_all_nodes_are_lost_and_one_returns():
    table = Table(A)
    table.start_all("a")
    table.submit("j")
    table.dealer.look([])
    assert "no node is left" in table.news[-1]
    assert (table.dealer.state.nodes, table.dealer.wanted) == (0, 0)
    assert not table.fleet.starting
    table.dealer.look([Node("a2", "node-a", 1)])
    table.start_all("a2")
    assert table.fleet.given[-1][1] == "j"
    table.answer(table.fleet.given[-1][0])
    assert table.settled == ["j"]


def test_slots_are_as_many_as_cpus_or_as_asked_for():
    assert len(Table(A, B).fleet.starting) == 3
    assert len(Table(A, B, most=2).fleet.starting) == 2


ACTIONS = st.lists(
    st.tuples(st.sampled_from("submit start answer die lose late look".split()), st.integers(0, 9)),
    max_size=80,
)


@given(ACTIONS)
def test_every_job_is_settled_once_whatever_is_lost(actions: list[tuple[str, int]]):
    """Slots die, nodes come and go, answers come late; then peace comes."""
    table, submitted, given_up = Table(A, B), set(), []
    for action, number in actions:
        if action == "submit" and f"j{number}" not in submitted:
            submitted.add(f"j{number}")
            table.submit(f"j{number}", ("search", "confirm")[number % 2], f"p{number // 2}")
        elif action == "start":
            table.start_all("ab"[number % 2])
        elif action == "late" and given_up:
            table.dealer.answered(*given_up.pop(number % len(given_up)), REPORT)
        elif action == "look":
            table.dealer.look([n for n, bit in ((A, 1), (B, 2)) if number & bit])
        elif table.fleet.playing:
            given_up += disturb(table, action, number)
    for _ in range(200):
        table.dealer.look([B])
        table.start_all("b")
        for slot in sorted(table.fleet.playing):
            table.answer(slot)
    assert sorted(table.settled) == sorted(submitted)
    assert (table.dealer.state.queued, table.dealer.state.playing) == (0, 0)


def disturb(table: Table, action: str, number: int) -> list[tuple[int, str]]:
    """Something comes of a slot that plays; what it may yet answer though it was given up."""
    playing = sorted(table.fleet.playing)
    slot = playing[number % len(playing)]
    name = table.fleet.playing[slot]
    if action == "answer":
        table.answer(slot)
    elif action == "die":
        table.answer(slot, {"died": "killed"})
    elif action == "lose":
        table.dealer.lost(slot, "its worker ended")
        return [(slot, name)]
    return []
