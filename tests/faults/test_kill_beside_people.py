"""kill -9 of an engine whose prompts people answer: no answer is lost, none is evaluated twice."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import numpy as np

from archive.store.folder import FolderStore
from evolve.replaying import replay
from evolve.runs import open_run
from tests.evolve.answering import answer_to, archived, submit, wait_for
from tests.faults.command import adrs, finish
from tests.problems import GUESS

KILLS = 2


def words_of(archive: Path) -> list[str]:
    words = ["run", GUESS.name, "--evaluations", "9", "--seed", "5", "--workers", "1", "--exact"]
    return [*words, "--ask-tell", "2", "--name", "r", "--archive", str(archive)]


def resumed(archive: Path) -> subprocess.Popen[bytes]:
    return adrs("resume", "r", "--archive", str(archive))


def answer_until_the_end(archive: Path, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        if FolderStore(archive).names():
            for ticket in open_run(str(archive), "r").tickets().values():
                submit(archive, ticket)
        time.sleep(0.05)
    finish(process)


def has_tickets(archive: Path) -> bool:
    return FolderStore(archive).names() == ["r"] and bool(open_run(str(archive), "r").tickets())


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_killed_engine_loses_no_answer(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    answer_until_the_end(whole, adrs(*words_of(whole)))

    process = adrs(*words_of(killed))
    wait_for(lambda: has_tickets(killed), "a ticket")
    leased = open_run(str(killed), "r").ask()
    kill(process)  # between ask and tell
    told = open_run(str(killed), "r").tell(leased.ticket.name, answer_to(leased.ticket))
    assert told.entry or told.sent_back

    rng = np.random.default_rng(3)
    for _ in range(KILLS):
        process = resumed(killed)
        wait_for(lambda: has_tickets(killed), "a ticket")
        submit(killed, next(iter(open_run(str(killed), "r").tickets().values())))
        time.sleep(float(rng.uniform(0.0, 2.0)))
        kill(process)  # somewhere between tell and commit
    answer_until_the_end(killed, resumed(killed))

    assert archived(killed) == archived(whole)
    with FolderStore(killed).open("r") as journal:
        turn_of = {c.id: (c.number, c.turn) for c in journal.calls()}
        answered = Counter(turn_of[e.id] for e in journal.call_ends() if e.state == "answered")
        evaluated = Counter(e.key for e in journal.evaluations())
        messages = [m for m in journal.messages() if m.kind == "answer"]
    assert set(answered.values()) == set(evaluated.values()) == {1}
    assert len(answered) == len(messages), "an answer was lost"
    assert replay(str(killed), "r").difference == ""
