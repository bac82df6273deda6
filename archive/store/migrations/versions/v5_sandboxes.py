"""An index to count by, how many evaluations each sandbox saw: else all their rows are read."""

from __future__ import annotations

from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    columns = ["run_id", "sandbox_level", "filter_sha256"]
    op.create_index("ix_evaluation_sandbox", "evaluation", columns)
