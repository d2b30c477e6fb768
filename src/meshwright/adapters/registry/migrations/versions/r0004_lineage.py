"""Column lineage of applied products is stored with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; what is applied already is worked out when somebody asks for it."""
    op.create_table(
        "mesh_lineage",
        sa.Column("environment", sa.Text, primary_key=True),
        sa.Column("domain", sa.Text, primary_key=True),
        sa.Column("product", sa.Text, primary_key=True),
        sa.Column("edges", sa.Text, nullable=False),
    )
