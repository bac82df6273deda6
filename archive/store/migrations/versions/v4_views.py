"""Views; a journal that is upgraded has none yet, its next commit makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive.store.columns import Whole

revision = "4"
down_revision = "3"


def upgrade() -> None:
    op.create_table(
        "view_stamp",
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("order", Whole, nullable=False),
    )
    op.create_table(
        "view_failure",
        sa.Column("run_id", Whole, sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("number", Whole, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String, primary_key=True),
    )
