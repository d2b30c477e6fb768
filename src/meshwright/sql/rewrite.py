"""A model as the engine gets it: in the engine's dialect, over the relations of one run."""

from __future__ import annotations

from collections.abc import Mapping

from meshwright.errors import SqlError
from meshwright.sql.statement import Statement


def rewrite(statement: Statement, relations: Mapping[str, str], dialect: str) -> str:
    """The statement with each reference replaced by its relation, for an engine of `dialect`.

    `relations` maps reference keys to relation names; `changes(port.object)` is a key of its own.
    A reference without an alias keeps its name: after `FROM crm.deals` both `deals.id` and
    `crm.deals.id` go on working. In its own dialect the text is kept as written, line by line,
    so that an engine's positions are those of the file.

    Raises:
        KeyError: a reference has no relation.
        SqlError: the engine's dialect cannot say it, or a CTE has the name of a relation.
    """
    edits: list[tuple[int, int, str]] = []
    for reference in statement.references:
        _check_free(statement, relations[reference.key])
        relation = _quoted(relations[reference.key], statement.dialect)
        name = relation if reference.crowded or reference.alias is None else reference.alias
        keeps = reference.alias is not None and not reference.crowded
        lines = statement.text.count("\n", reference.start, reference.end)
        text = f"{relation} AS {name}" if keeps else relation
        edits.append((reference.start, reference.end, text + "\n" * lines))
        edits += [(start, end, name) for start, end in reference.qualifiers]
    text = statement.text
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    text = _without_end(text)
    return text if dialect == statement.dialect else _transpile(text, statement, dialect)


def _check_free(statement: Statement, relation: str) -> None:
    if relation.lower() in statement.ctes:
        raise SqlError(
            f"`{relation}` names a WITH query here and an input of this run",
            where=statement.where,
            way_out="give the WITH query another name",
        )


def _without_end(text: str) -> str:
    """The statement without the semicolon that may end it, where no comment hides one."""
    stripped = text.rstrip()
    return stripped[:-1] if stripped.endswith(";") and "--" not in stripped.rsplit("\n", 1)[-1] else text


def _quoted(name: str, dialect: str) -> str:
    if dialect in ("duckdb", "postgres", "snowflake", "trino", "oracle"):
        return '"' + name.replace('"', '""') + '"'
    from sqlglot import exp

    return exp.to_identifier(name, quoted=True).sql(dialect)


def _transpile(text: str, statement: Statement, dialect: str) -> str:
    from sqlglot import ErrorLevel, transpile
    from sqlglot.errors import ParseError, UnsupportedError

    try:
        return transpile(text, read=statement.dialect, write=dialect, unsupported_level=ErrorLevel.RAISE)[0]
    except (UnsupportedError, ParseError, ValueError) as error:
        raise SqlError(
            f"the statement cannot be said in the dialect of the engine, {dialect}",
            where=statement.where,
            why=str(error),
            way_out=f"write it in plain SQL, or set `dialect: {dialect}` in product.yaml",
        ) from error
