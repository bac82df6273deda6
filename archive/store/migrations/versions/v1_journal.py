"""The first schema: what is proposed, played and decided, and when the sealed split is opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.store.columns import ExactDouble, Whole

revision = "1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("configuration", sa.String, nullable=False),
        sa.Column("versions", sa.String, nullable=False),
        sa.Column("started_at", sa.String, nullable=False),
    )
    op.create_table(
        "candidate",
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("normal_digest", sa.String, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "proposal",
        sa.Column("run_id", Whole, primary_key=True),
        sa.Column("number", Whole, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String, nullable=False, index=True),
        sa.Column("parents", sa.String, nullable=False),
        sa.Column("proposer", sa.String, nullable=False),
        sa.Column("stream", sa.String, nullable=False),
        _of_candidate(),
    )
    _evaluations()
    op.create_table(
        "commit",
        sa.Column("run_id", Whole, primary_key=True),
        sa.Column("order", Whole, primary_key=True, autoincrement=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("duplicate_of", Whole),
        sa.ForeignKeyConstraint(["run_id", "number"], ["proposal.run_id", "proposal.number"]),
        sa.ForeignKeyConstraint(["run_id", "duplicate_of"], ["proposal.run_id", "proposal.number"]),
        sa.UniqueConstraint("run_id", "number"),
    )
    op.create_table(
        "opening",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("digests", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )


def _evaluations() -> None:
    texts = ("executor", "device", "sandbox_level", "filter_sha256")
    op.create_table(
        "evaluation",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("run_id", Whole, nullable=False),
        *(sa.Column(n, sa.String, nullable=False) for n in _KEY),
        sa.Column("repeat", Whole, nullable=False),
        *(sa.Column(n, sa.String, nullable=False) for n in texts),
        sa.Column("failure_kind", sa.String),
        sa.Column("details", sa.LargeBinary, nullable=False),
        sa.Column("cpu_s", ExactDouble, nullable=False),
        sa.Column("wall_s", ExactDouble, nullable=False),
        sa.Column("finished_at", sa.String, nullable=False),
        _of_candidate(),
        sa.UniqueConstraint("run_id", *_KEY, "repeat"),
    )
    op.create_table(
        "value",
        sa.Column("evaluation_id", Whole, sa.ForeignKey("evaluation.id"), primary_key=True),
        sa.Column("objective", sa.String, primary_key=True),
        sa.Column("workload", sa.String, primary_key=True),
        sa.Column("value", ExactDouble),
        sqlite_with_rowid=False,
    )


_KEY = ("digest", "split", "workload_set", "purpose")


def _of_candidate() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run_id", "digest"], ["candidate.run_id", "candidate.digest"])
