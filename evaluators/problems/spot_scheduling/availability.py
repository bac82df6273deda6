"""When spot machines are there: generated, from fixed seeds, in ticks of 600 s.

`steady` and `scarce` have mean and coefficient of variation of the two series that the published
scenarios never use (us-west-2a_k80_1: there 95 % of the time, for 39 ticks at a time, gone for 2;
us-west-2b_v100_8: there 34 %, for 3.5 and 6.8). The others are fitted to nothing: `middling` has
the geometric means of the two, `lulls` the outages of `scarce` four times as long after what
`middling` has between them, and `tidal` turns from steady to lulls and back about every day.
"""

from __future__ import annotations

import numpy as np

from evaluators.engines import availability
from evaluators.engines.availability import Duration, Process, Regime

STEADY = Regime(there=Duration(20, 95, 0.25), gone=Duration(1.5, 5, 0.15))
SCARCE = Regime(there=Duration(2, 8, 0.25), gone=Duration(3, 45, 0.09))
MIDDLING = Regime(there=Duration(6, 28, 0.25), gone=Duration(2, 20, 0.1))
LULLS = Regime(there=MIDDLING.there, gone=Duration(12, 180, 0.09))
PROCESSES = (
    Process("steady", (STEADY,)),
    Process("middling", (MIDDLING,)),
    Process("scarce", (SCARCE,)),
    Process("lulls", (LULLS,)),
    Process("tidal", (STEADY, LULLS), regime_ticks=144),
)

# Short enough spells for jobs of a few ticks.
TINY = Process("tiny", (Regime(there=Duration(2, 6, 0.3), gone=Duration(2, 8, 0.3)),))


def seeded(*names: str) -> np.random.Generator:
    """A generator that depends on the names alone, and on this problem."""
    return availability.seeded("spot_scheduling", *names)
