"""The settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Mapping

from evaluators.contract import Variation

VARIATIONS = (
    Variation("partitions", "4 partitions", {"num_partitions": "4"}),
    Variation("partitions", "40 partitions", {"num_partitions": "40"}),
    Variation("destinations", "3 destinations", {"num_destinations": "3"}),
    Variation("destinations", "10 destinations", {"num_destinations": "10"}),
    Variation("prices", "machines 20 times as dear", {"vm_usd_per_hour": "10.8"}),
    Variation("heterogeneity", "a tenth of the links ten times as slow", {"slow_links": "0.1"}),
)

UNVARIED: Mapping[str, str] = {
    "load": "cost and time are proportional to the volume: no plan gains on another",
    "failures": "a transfer is planned once: links and machines do not fail under way",
}
