"""Intents name the publications that their run reads; doomed paths are found by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the runs under way nothing is known."""
    op.add_column("mesh_intents", sa.Column("inputs", sa.Text, nullable=False, server_default="[]"))
    op.create_index("mesh_doomed_path", "mesh_doomed", ["path"])
