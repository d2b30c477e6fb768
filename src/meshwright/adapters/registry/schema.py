"""The registry's schema: created and brought up to date at first use.

Alembic is imported only when there is something to migrate; importing it takes longer than most
commands.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from meshwright.adapters.registry.database import Database
from meshwright.adapters.registry.tables import APPEND_ONLY, metadata
from meshwright.errors import Unavailable

HEAD = "0006"
"""The revision this code reads and writes."""

REVISION_TABLE = "mesh_revision"

_CREATION_LOCK = 0x6D657368  # of PostgreSQL's advisory locks


def ensure_schema(database: Database) -> None:
    """Create or migrate the registry's tables; several processes may do so at once.

    Raises:
        Unavailable: the registry belongs to newer code, or does not answer.
    """
    with database.reading() as tx:
        stored = _stored(tx.connection)
    if stored == HEAD:
        return
    with database.writing(durable=True) as tx:
        if tx.dialect == "postgresql":
            tx.run(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
        stored = _stored(tx.connection)  # somebody may have been faster
        if not inspect(tx.connection).get_table_names():
            _create(tx.connection)
        elif stored != HEAD:
            _migrate(tx.connection, stored, database.where)


def _stored(connection: Connection) -> str | None:
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar_one_or_none()
    return None if found is None else str(found)


def _create(connection: Connection) -> None:
    """Everything at once, in an empty database, as the migrations would have made it."""
    metadata.create_all(connection, checkfirst=False)
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(
        f"CREATE TABLE {REVISION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {REVISION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.execute(text(f"INSERT INTO {REVISION_TABLE} VALUES (:head)"), {"head": HEAD})


def _migrate(connection: Connection, stored: str | None, where: str) -> None:
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    if stored is not None and stored not in {script.revision for script in scripts.walk_revisions()}:
        raise Unavailable(
            "the registry was written by a newer Meshwright",
            where=where,
            why=f"its schema is revision {stored}; this version knows revisions up to {HEAD}",
            way_out="upgrade with: pip install --upgrade meshwright",
        )
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": REVISION_TABLE,
            "fn": lambda revision, _context: scripts._upgrade_revs(HEAD, revision),
        },
    )
    with Operations.context(context):
        context.run_migrations()
