"""Plays the channel-level battery and says what got through."""

from __future__ import annotations

from evaluators.redteam.battery import Battery
from evaluators.redteam.catalogue import channel_attacks


def got_through(spec, without=()):
    """The sandbox in force, and what was seen of each attack that it did not contain."""
    with Battery(spec, without=without) as battery:
        findings = [battery.play(attack) for attack in channel_attacks(battery.problem)]
        return battery.sandbox, {f.name: f.seen for f in findings if not f.is_contained}
