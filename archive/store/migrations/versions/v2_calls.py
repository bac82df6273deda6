"""Calls to models, and what a proposal was made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.store.columns import AnyText, Whole

revision = "2"
down_revision = "1"


def upgrade() -> None:
    op.execute('DROP TABLE IF EXISTS "call"')  # of the first version, which made no calls
    op.create_table(
        "ask",
        sa.Column("run_id", Whole, primary_key=True),
        sa.Column("number", Whole, primary_key=True, autoincrement=False),
        sa.Column("seen", Whole, nullable=False),
        sa.Column("duplicate_of", Whole),
        sa.Column("rejection", AnyText, nullable=False),
        sa.Column("idea", AnyText, nullable=False),
        sa.ForeignKeyConstraint(["run_id", "number"], ["proposal.run_id", "proposal.number"]),
    )
    op.create_table(
        "model_call",
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("id", Whole, primary_key=True, autoincrement=False),
        sa.Column("number", Whole, nullable=False),
        sa.Column("turn", Whole, nullable=False),
        sa.Column("seen", Whole, nullable=False),
        sa.Column("request", sa.LargeBinary, nullable=False),
        *_amount(),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_table(
        "model_call_end",
        sa.Column("order", Whole, primary_key=True),
        sa.Column("run_id", Whole, nullable=False),
        sa.Column("id", Whole, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        *_amount(),
        sa.Column("is_known", sa.Boolean, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["run_id", "id"], ["model_call.run_id", "model_call.id"]),
        sa.UniqueConstraint("run_id", "id"),
    )


def _amount() -> list[sa.Column[object]]:
    return [
        sa.Column("tokens", Whole, nullable=False),
        sa.Column("usd", sa.String, nullable=False),
        sa.Column("unpriced_tokens", Whole, nullable=False),
    ]
