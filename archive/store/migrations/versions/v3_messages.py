"""What somebody beside the search says to a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.store.columns import Whole

revision = "3"
down_revision = "2"


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", Whole, primary_key=True),
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
