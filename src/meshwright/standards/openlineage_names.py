"""How OpenLineage names datasets: https://openlineage.io/docs/spec/naming."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

OBJECT = "{object}"
"""Stands for the table in the name of a server's datasets."""

_PORTS: Mapping[str, tuple[str, int]] = {
    "postgres": ("postgres", 5432),
    "postgresql": ("postgres", 5432),
    "mysql": ("mysql", 3306),
    "redshift": ("redshift", 5439),
    "sqlserver": ("mssql", 1433),
    "oracle": ("oracle", 1521),
    "trino": ("trino", 8080),
}
"""The scheme and the usual port of databases, by type of server (ODCS)."""


def names_of_server(server: Mapping[str, Any]) -> tuple[str, str] | None:
    """The namespace of a server (ODCS) and the name of its datasets, with `OBJECT` for the table.

    None where the standard has no name for it, or a setting that is part of it is missing or a variable.

    >>> names_of_server({"type": "postgres", "host": "db", "database": "crm", "schema": "public"})
    ('postgres://db:5432', 'crm.public.{object}')
    >>> names_of_server({"type": "s3", "location": "s3://raw/crm/{object}/*.parquet"})
    ('s3://raw', 'crm/{object}')
    """
    found = _named(str(server.get("type") or "").lower(), server)
    if found is None or any("${" in part or not part for part in found):
        return None
    return found


def _named(kind: str, server: Mapping[str, Any]) -> tuple[str, str] | None:
    if kind in _PORTS:
        return _database(kind, server)
    if kind in ("s3", "gcs", "azure"):
        return _store(str(server.get("location") or ""))
    if kind == "local":
        path = str(server.get("path") or "")
        return ("file", _folder(path)) if path.startswith("/") else None
    if kind == "bigquery" and server.get("project") and server.get("dataset"):
        return "bigquery", f"{server['project']}.{server['dataset']}.{OBJECT}"
    if kind == "snowflake" and server.get("account") and server.get("database"):
        schema = server.get("schema") or "PUBLIC"
        return f"snowflake://{server['account']}", f"{server['database']}.{schema}.{OBJECT}"
    if kind == "kafka" and server.get("host"):
        return f"kafka://{str(server['host']).lower()}", OBJECT
    return None


def _database(kind: str, server: Mapping[str, Any]) -> tuple[str, str] | None:
    scheme, usual = _PORTS[kind]
    host, database = server.get("host"), server.get("database") or server.get("catalog")
    if not host or not database:
        return None
    namespace = f"{scheme}://{str(host).lower()}:{server.get('port') or usual}"
    if scheme == "mysql":
        return namespace, f"{database}.{OBJECT}"
    schema = server.get("schema") or ("public" if scheme in ("postgres", "redshift") else None)
    return (namespace, f"{database}.{schema}.{OBJECT}") if schema else None


def _store(location: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(location)
    except ValueError:
        return None
    return (f"{parts.scheme}://{parts.netloc}", _folder(parts.path).lstrip("/")) if parts.netloc else None


def _folder(path: str) -> str:
    """A path without the pattern for its files."""
    head, slash, last = path.rpartition("/")
    kept = head if slash and any(sign in last for sign in "*?[") else path
    return kept.replace("{model}", OBJECT).rstrip("/") or "/"


def folded_namespace(namespace: str) -> str:
    """A namespace as it is compared: scheme and host in small letters, a usual port written out.

    >>> folded_namespace("postgresql://DB.example.com")
    'postgres://db.example.com:5432'
    """
    scheme, sign, rest = namespace.partition("://")
    if not sign:
        return namespace
    known = _PORTS.get(scheme.lower())
    if known is None:
        return f"{scheme.lower()}://{rest}"
    host = rest.rpartition("@")[2].rstrip("/").lower()
    return f"{known[0]}://{host}" + ("" if ":" in host else f":{known[1]}")
