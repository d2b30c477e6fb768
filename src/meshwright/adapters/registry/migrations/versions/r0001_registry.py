"""The registry as it was first released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from meshwright.adapters.registry.tables import APPEND_ONLY

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _environment(primary_key: bool = True) -> sa.Column[str]:
    return sa.Column("environment", sa.Text, primary_key=primary_key, nullable=False)


def _product(primary_key: bool = True) -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("domain", sa.Text, primary_key=primary_key, nullable=False),
        sa.Column("product", sa.Text, primary_key=primary_key, nullable=False),
    )


def _text(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _row_id() -> sa.Column[int]:
    return sa.Column("id", _RowId, primary_key=True, autoincrement=True)


def upgrade() -> None:
    """Create every table."""
    _create_declarations()
    _create_work()
    _create_publications()
    _create_files()
    _create_facts()
    _create_catalogue()


def _create_declarations() -> None:
    op.create_table(
        "mesh_environments",
        sa.Column("name", sa.Text, primary_key=True),
        _text("identity"),
        _number("version"),
        _number("fact_sequence"),
        _text("fact_hash"),
    )
    op.create_table(
        "mesh_products",
        _environment(),
        *_product(),
        _text("folder"),
        _text("digest"),
        _text("status"),
        _text("applied_at"),
    )
    op.create_table("mesh_bundles", _environment(), *_product(), _text("documents"), _text("texts"))
    op.create_table(
        "mesh_domains",
        _environment(),
        sa.Column("name", sa.Text, primary_key=True),
        _text("digest"),
        _text("document"),
        _text("repository"),
    )


def _create_work() -> None:
    op.create_table(
        "mesh_locks",
        _environment(),
        *_product(),
        _text("holder", nullable=True),
        _number("fence"),
        sa.Column("expires_at", sa.Double, nullable=False),
        _number("last_number"),
    )
    op.create_table(
        "mesh_intents",
        _environment(),
        sa.Column("run", sa.Text, primary_key=True),
        *_product(primary_key=False),
        _number("fence"),
        _text("started_at"),
        _text("prefixes"),
    )


def _create_publications() -> None:
    op.create_table(
        "mesh_publications",
        sa.Column("id", sa.Text, primary_key=True),
        _environment(primary_key=False),
        *_product(primary_key=False),
        _number("number"),
        _number("base_number", nullable=True),
        _text("run"),
        _text("fingerprint"),
        _text("created_at"),
        _text("detail"),
        sa.UniqueConstraint("environment", "domain", "product", "number", name="mesh_publications_number"),
    )
    op.create_table(
        "mesh_served",
        _environment(),
        *_product(),
        sa.Column("publication", sa.Text, sa.ForeignKey("mesh_publications.id"), nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
    )
    op.create_index("mesh_served_publication", "mesh_served", ["publication"])
    op.create_table(
        "mesh_serving",
        _row_id(),
        _environment(primary_key=False),
        *_product(primary_key=False),
        _text("publication"),
        sa.Column("since", sa.Double, nullable=False),
    )
    op.create_index("mesh_serving_product", "mesh_serving", ["environment", "domain", "product", "id"])


def _create_files() -> None:
    op.create_table(
        "mesh_objects",
        _row_id(),
        _environment(primary_key=False),
        *_product(primary_key=False),
        _text("name"),
        sa.Column("major", sa.Integer, nullable=False),
        sa.Column("landing", sa.Boolean, nullable=False),
        sa.UniqueConstraint(
            "environment", "domain", "product", "name", "major", "landing", name="mesh_objects_name"
        ),
    )
    op.create_table(
        "mesh_publication_objects",
        sa.Column("publication", sa.Text, sa.ForeignKey("mesh_publications.id"), primary_key=True),
        sa.Column("object", _RowId, sa.ForeignKey("mesh_objects.id"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        _text("port", nullable=True),
        _text("kind"),
        _text("operation"),
        _text("columns"),
        _text("partitions"),
        _text("metadata", nullable=True),
        _number("rows"),
        _number("bytes"),
    )
    op.create_index("mesh_publication_objects_object", "mesh_publication_objects", ["object"])
    op.create_index("mesh_publication_objects_metadata", "mesh_publication_objects", ["metadata"])
    op.create_table(
        "mesh_files",
        _row_id(),
        sa.Column("object", _RowId, sa.ForeignKey("mesh_objects.id"), nullable=False),
        _text("path"),
        _number("size"),
        _number("rows"),
        _text("partition"),
        _text("kind"),
        _number("added_number"),
        _number("removed_number", nullable=True),
    )
    op.create_index("mesh_files_added", "mesh_files", ["object", "added_number"])
    op.create_index("mesh_files_path", "mesh_files", ["path"])
    for name, columns, unique, where in (
        ("mesh_files_open", ["object", "path"], True, "removed_number IS NULL"),
        ("mesh_files_closed", ["object", "removed_number"], False, "removed_number IS NOT NULL"),
    ):
        condition = sa.text(where)
        op.create_index(
            name,
            "mesh_files",
            columns,
            unique=unique,
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_table(
        "mesh_doomed",
        _environment(),
        sa.Column("path", sa.Text, primary_key=True),
        *_product(primary_key=False),
        sa.Column("since", sa.Double, nullable=False),
    )
    op.create_index("mesh_doomed_product", "mesh_doomed", ["environment", "domain", "product"])


def _create_facts() -> None:
    op.create_table(
        "mesh_facts",
        _environment(),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("kind"),
        _text("subject"),
        _text("at"),
        _text("payload"),
        _text("previous"),
        _text("hash"),
    )
    op.create_index("mesh_facts_subject", "mesh_facts", ["environment", "subject", "sequence"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_catalogue() -> None:
    """The tables of PyIceberg's SqlCatalog, which may be there already."""
    inspector = sa.inspect(op.get_bind())
    if not inspector.has_table("iceberg_tables"):
        op.create_table(
            "iceberg_tables",
            sa.Column("catalog_name", sa.String(255), primary_key=True),
            sa.Column("table_namespace", sa.String(255), primary_key=True),
            sa.Column("table_name", sa.String(255), primary_key=True),
            sa.Column("metadata_location", sa.String(1000)),
            sa.Column("previous_metadata_location", sa.String(1000)),
            sa.Column("iceberg_type", sa.String(5)),
        )
    elif "iceberg_type" not in {column["name"] for column in inspector.get_columns("iceberg_tables")}:
        op.add_column("iceberg_tables", sa.Column("iceberg_type", sa.String(5)))
    if not inspector.has_table("iceberg_namespace_properties"):
        op.create_table(
            "iceberg_namespace_properties",
            sa.Column("catalog_name", sa.String(255), primary_key=True),
            sa.Column("namespace", sa.String(255), primary_key=True),
            sa.Column("property_key", sa.String(255), primary_key=True),
            sa.Column("property_value", sa.String(1000), nullable=False),
        )
