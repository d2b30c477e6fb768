"""The registry's tables (docs/registry.md says what each is for).

Migrations create them where something is there already, an empty database gets them at once; a test
proves that the two agree. Names start with `mesh_` so that
the registry can share a database; the catalogue's two tables are those of PyIceberg's SqlCatalog.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

RowId = BigInteger().with_variant(Integer, "sqlite")


def _environment() -> Column[str]:
    return Column("environment", Text, primary_key=True)


def _product(primary_key: bool = True) -> tuple[Column[str], Column[str]]:
    return (
        Column("domain", Text, primary_key=primary_key, nullable=False),
        Column("product", Text, primary_key=primary_key, nullable=False),
    )


environments = Table(
    "mesh_environments",
    metadata,
    Column("name", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("fact_sequence", BigInteger, nullable=False),
    Column("fact_hash", Text, nullable=False),
)

products = Table(
    "mesh_products",
    metadata,
    _environment(),
    *_product(),
    Column("folder", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("applied_at", Text, nullable=False),
)

bundles = Table(
    "mesh_bundles",
    metadata,
    _environment(),
    *_product(),
    Column("documents", Text, nullable=False),
    Column("texts", Text, nullable=False),
)

lineage = Table(
    "mesh_lineage",
    metadata,
    _environment(),
    *_product(),
    Column("edges", Text, nullable=False),
)

domains = Table(
    "mesh_domains",
    metadata,
    _environment(),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("repository", Text, nullable=False),
)

policies = Table(
    "mesh_policies",
    metadata,
    _environment(),
    Column("owner", Text, primary_key=True),  # `mesh`, or a domain
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("repository", Text, nullable=False),
)

locks = Table(
    "mesh_locks",
    metadata,
    _environment(),
    *_product(),
    Column("holder", Text),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("last_number", BigInteger, nullable=False),
)

intents = Table(
    "mesh_intents",
    metadata,
    _environment(),
    Column("run", Text, primary_key=True),
    *_product(primary_key=False),
    Column("fence", BigInteger, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("prefixes", Text, nullable=False),
    Column("inputs", Text, nullable=False, server_default="[]"),  # publications that the run reads
)

publications = Table(
    "mesh_publications",
    metadata,
    Column("id", Text, primary_key=True),
    Column("environment", Text, nullable=False),
    *_product(primary_key=False),
    Column("number", BigInteger, nullable=False),
    Column("base_number", BigInteger),
    Column("run", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("environment", "domain", "product", "number", name="mesh_publications_number"),
)

served = Table(
    "mesh_served",
    metadata,
    _environment(),
    *_product(),
    Column("publication", Text, ForeignKey("mesh_publications.id"), nullable=False),
    Column("pinned", Boolean, nullable=False),
    Index("mesh_served_publication", "publication"),
)

serving = Table(
    "mesh_serving",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("environment", Text, nullable=False),
    *_product(primary_key=False),
    Column("publication", Text, nullable=False),
    Column("since", Double, nullable=False),
    Index("mesh_serving_product", "environment", "domain", "product", "id"),
)

objects = Table(
    "mesh_objects",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("environment", Text, nullable=False),
    *_product(primary_key=False),
    Column("name", Text, nullable=False),
    Column("major", Integer, nullable=False),
    Column("landing", Boolean, nullable=False),
    UniqueConstraint(
        "environment", "domain", "product", "name", "major", "landing", name="mesh_objects_name"
    ),
)

publication_objects = Table(
    "mesh_publication_objects",
    metadata,
    Column("publication", Text, ForeignKey("mesh_publications.id"), primary_key=True),
    Column("object", RowId, ForeignKey("mesh_objects.id"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("port", Text),
    Column("kind", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("columns", Text, nullable=False),
    Column("partitions", Text, nullable=False),
    Column("metadata", Text),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index("mesh_publication_objects_object", "object"),
    Index("mesh_publication_objects_metadata", "metadata"),
)

files = Table(
    "mesh_files",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("object", RowId, ForeignKey("mesh_objects.id"), nullable=False),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("partition", Text, nullable=False),
    Column("kind", Text, nullable=False),  # data | compacted
    Column("added_number", BigInteger, nullable=False),
    Column("removed_number", BigInteger),
    Index("mesh_files_added", "object", "added_number"),
    Index("mesh_files_path", "path"),
    Index(
        "mesh_files_open",
        "object",
        "path",
        unique=True,
        sqlite_where=text("removed_number IS NULL"),
        postgresql_where=text("removed_number IS NULL"),
    ),
    Index(
        "mesh_files_closed",
        "object",
        "removed_number",
        sqlite_where=text("removed_number IS NOT NULL"),
        postgresql_where=text("removed_number IS NOT NULL"),
    ),
)

doomed = Table(
    "mesh_doomed",
    metadata,
    _environment(),
    Column("path", Text, primary_key=True),
    *_product(primary_key=False),
    Column("since", Double, nullable=False),
    Index("mesh_doomed_product", "environment", "domain", "product"),
    Index("mesh_doomed_path", "path"),
)

counts = Table(
    "mesh_counts",
    metadata,
    Column("path", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # digest of what was counted in the file
    Column("count", BigInteger, nullable=False),
)

facts = Table(
    "mesh_facts",
    metadata,
    _environment(),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("mesh_facts_subject", "environment", "subject", "sequence"),
)

external = Table(
    "mesh_external",
    metadata,
    _environment(),
    Column("kind", Text, primary_key=True),  # dataset | job
    Column(
        "digest", Text, primary_key=True
    ),  # of namespace and name, which may be longer than an index takes
    Column("document", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),  # of the fact that tells of it
    Index("mesh_external_sequence", "environment", "sequence"),
)

iceberg_tables = Table(
    "iceberg_tables",
    metadata,
    Column("catalog_name", String(255), primary_key=True),
    Column("table_namespace", String(255), primary_key=True),
    Column("table_name", String(255), primary_key=True),
    Column("metadata_location", String(1000)),
    Column("previous_metadata_location", String(1000)),
    Column("iceberg_type", String(5)),
)

iceberg_namespaces = Table(
    "iceberg_namespace_properties",
    metadata,
    Column("catalog_name", String(255), primary_key=True),
    Column("namespace", String(255), primary_key=True),
    Column("property_key", String(255), primary_key=True),
    Column("property_value", String(1000), nullable=False),
)

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER mesh_facts_update BEFORE UPDATE ON mesh_facts"
        " BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END",
        "CREATE TRIGGER mesh_facts_delete BEFORE DELETE ON mesh_facts"
        " BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END",
        # INSERT OR REPLACE would delete without firing the trigger above
        "CREATE TRIGGER mesh_facts_replace BEFORE INSERT ON mesh_facts"
        " WHEN EXISTS (SELECT 1 FROM mesh_facts"
        " WHERE environment = NEW.environment AND sequence = NEW.sequence)"
        " BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION mesh_facts_are_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'facts are append-only'; END $$",
        "CREATE TRIGGER mesh_facts_change BEFORE UPDATE OR DELETE OR TRUNCATE ON mesh_facts"
        " FOR EACH STATEMENT EXECUTE FUNCTION mesh_facts_are_append_only()",
    ),
}
"""What keeps facts from being changed, by dialect."""
