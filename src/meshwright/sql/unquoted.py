"""Names that a statement writes without quotes."""

from __future__ import annotations


def unquoted_names(text: str, dialect: str) -> tuple[str, ...]:
    """The identifiers without quotes, in lower case, each once; none where the text is no statement."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        statement = parse_one(text, read=dialect)
    except (SqlglotError, RecursionError):
        return ()
    found = (name.name.lower() for name in statement.find_all(exp.Identifier) if not name.quoted)
    return tuple(dict.fromkeys(found))
