"""The problem `prefix_reordering`: in which order a table's rows and fields are sent to a model.

Entry: `reorder(value, length, shared_prefix, in_flight, cache_chars)`. README.md has model, sources
and known error.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from evaluators.contract import (
    Action,
    Bound,
    Deadlines,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Variation,
    Workload,
)
from evaluators.problems.prefix_reordering import bounds
from evaluators.problems.prefix_reordering.forgeries import FORGERIES
from evaluators.problems.prefix_reordering.parameters import (
    UNVARIED,
    PrefixParameters,
    variations,
)
from evaluators.problems.prefix_reordering.simulator import reordering_episode
from evaluators.problems.prefix_reordering.table_file import file_workloads
from evaluators.problems.prefix_reordering.workloads import (
    MOST_DRAWN_FIELDS,
    MOST_DRAWN_ROWS,
    drawn_workloads,
)
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Permutation, Scalar, Signature, Values

OBJECTIVES = (
    Objective(
        "hit_share", "of characters", "higher", "exact",
        reference=0.0,
        worst=0.0,
        resolution=0.001,  # the public benchmark's programs lie a few thousandths apart
        doc="characters of every prompt that an earlier one begins with too, over all characters",
    ),
    Objective(
        "bounded_hit_share", "of characters", "higher", "exact",
        reference=0.0,
        worst=0.0,
        resolution=0.001,
        doc="the same with a bounded cache, and prompts in flight that do not help each other",
    ),
    Objective(
        "moved_pairs", "of pairs of fields", "lower", "exact",
        reference=1.0,  # where long texts stand last, as in the table of beers, 0.9 may pay
        worst=1.0,
        resolution=0.005,
        doc="share of pairs of fields that a prompt has in another order than the table",
    ),
    Objective(
        "decision_cpu", "x ggr", "lower", "measured",
        reference=50.0,  # several times what the best fixed order takes
        worst=500.0,
        resolution=0.05,
        doc="CPU time per table as a ratio to that of ggr",
    ),
)  # fmt: skip


class PrefixReordering(Problem):
    """Order the rows and fields of a table so that its prompts begin alike."""

    name = "prefix_reordering"
    version = 2
    Parameters = PrefixParameters
    objectives = OBJECTIVES
    reference_policy = "ggr"
    deadlines = Deadlines(call_s=10.0)
    unvaried = UNVARIED

    def __init__(
        self, parameters: PrefixParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = p = parameters or PrefixParameters()
        self._from_file = file_workloads(workload_file, p) if workload_file else {}
        self.signature = _signature(p, self._from_file)
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return self._from_file.get(split) or drawn_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        return {name: int(workload.content[name]) for name in ("in_flight", "cache_chars")}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return reordering_episode(workload.content)

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits_of(workload)

    def variations(self) -> Sequence[Variation]:
        return variations(has_file=bool(self._from_file))

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES


def _signature(
    parameters: PrefixParameters, from_file: Mapping[Split, Sequence[Workload]]
) -> Signature:
    """The entry's fields, with maxima that drawn tables and those of the file need."""
    shapes = [w.content["value"].shape for split in from_file.values() for w in split]
    rows = max([parameters.rows, MOST_DRAWN_ROWS, *(rows for rows, _ in shapes)])
    fields = max([MOST_DRAWN_FIELDS, *(fields for _, fields in shapes)])
    return Signature(
        entry="reorder",
        given=(
            Scalar(
                "in_flight", "int64", unit="prompts", low=1,
                doc="a prompt hits none of the in_flight - 1 sent right before it",
            ),
            Scalar(
                "cache_chars", "int64", unit="characters", low=1, doc="what the cache holds"
            ),
        ),
        observation=(
            Array(
                "value", "int64", ("rows", "fields"), index_of="values",
                doc="the text of every cell by number; numbers are in the order of the texts",
            ),
            Array(
                "length", "int64", ("values",), unit="characters", low=0,
                doc="of every text",
            ),
            Array(
                "shared_prefix", "int64", ("values",), unit="characters", low=0,
                doc="that a text begins with like the text of the number before; 0 for the first",
            ),
        ),
        action=(
            Permutation("row_order", "rows", doc="rows in the order in which they are sent"),
            Array(
                "field_order", "int64", ("rows", "fields"), index_of="fields",
                doc="per row of the table, its fields in the order in which they are sent",
            ),
        ),
        maxima={"rows": rows, "fields": fields, "values": rows * fields},
    )  # fmt: skip
