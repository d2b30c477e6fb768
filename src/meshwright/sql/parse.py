"""From the text of a model to a `Statement`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from meshwright.errors import SqlError
from meshwright.sql.builder import Builder
from meshwright.sql.guards import ONE_SELECT, Refusals
from meshwright.sql.statement import Statement
from meshwright.sql.tokens import check_text

if TYPE_CHECKING:
    from sqlglot import exp

_PLAIN = frozenset(
    {"Alias", "And", "Between", "Boolean", "Cast", "Column", "DataType", "EQ", "From", "GT", "GTE"}
    | {"Identifier", "In", "Is", "LT", "LTE", "Literal", "NEQ", "Not", "Null", "Or", "Paren", "Select"}
    | {"Star", "Table", "TableAlias", "Where"}
)
"""What a plain statement consists of; no function is here, as its result may differ each time."""


def parse_model(text: str, dialect: str, where: str, parameters: bool = False) -> Statement:
    """Read a model: exactly one SELECT, with CTEs and set operations as it likes.

    `where` names the model's file in errors. With `parameters` it may hold such (`$name`), as a query may.

    Raises:
        SqlError: it does not parse, is no SELECT, is several statements, or reads what no
            product can declare: files, the engine's catalogue, settings.
    """
    refusals = Refusals(text, where)
    refusals.check_size()
    try:
        tree = _only_select(text, dialect, refusals)
        builder = Builder(text, refusals, parameters)
        query = builder.statement(tree)
    except RecursionError:
        raise refusals.at(
            None, "the statement is nested too deeply", way_out="give parts of it names with WITH"
        ) from None
    plain = all(type(node).__name__ in _PLAIN for node in tree.walk())
    found = _parameters(tree) if parameters else ()
    references = tuple(builder.finish())
    return Statement(text, dialect, where, references, frozenset(builder.ctes), query, plain, found)


def _parameters(tree: exp.Expr) -> tuple[str, ...]:
    """The names of parameters, each once; one without a name is `?`."""
    from sqlglot import exp

    return tuple(dict.fromkeys(node.name or "?" for node in tree.find_all(exp.Placeholder)))


def _only_select(text: str, dialect: str, refusals: Refusals) -> exp.Expr:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect
    from sqlglot.errors import ParseError, TokenError

    reader = _dialect(dialect, refusals, Dialect)
    try:
        tokens = reader.tokenize(text)
        refusals.check_depth(tokens)
        _check_start(tokens, refusals)
        check_text(text, tokens, isinstance(reader, Dialect.get_or_raise("duckdb").__class__), refusals)
        trees = [tree for tree in reader.parser().parse(tokens, text) if tree is not None]
    except TokenError as error:
        raise refusals.at(
            None, "the statement cannot be read", why=str(error), way_out="close every quote and comment"
        ) from error
    except ParseError as error:
        raise _syntax_error(text, error, refusals) from error
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if len(trees) > 1:
        second = refusals.on(trees[1], "a model is one statement, here is another", way_out=ONE_SELECT)
        raise second
    tree = trees[0]
    while isinstance(tree, exp.Subquery) and tree.is_wrapper:
        tree = tree.this
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise refusals.at(tokens[0].start, "a model is one SELECT", way_out=ONE_SELECT)
    return tree


def _dialect(name: str, refusals: Refusals, dialects: Any) -> Any:
    try:
        return dialects.get_or_raise(name)
    except ValueError as error:
        raise refusals.at(
            None,
            f"`{name}` is no SQL dialect",
            why=str(error),
            way_out="set the custom property `dialect` of product.yaml to duckdb, postgres, spark, ...",
        ) from error


def _check_start(tokens: list[Any], refusals: Refusals) -> None:
    meant = [token for token in tokens if token.text != ";"]
    if not meant:
        raise refusals.at(0, "the model is empty", way_out=ONE_SELECT)
    first = meant[0].text
    if first.upper() not in ("SELECT", "WITH", "FROM", "("):
        raise refusals.at(meant[0].start, f"a model is one SELECT, not `{first}`", way_out=ONE_SELECT)


def _said(text: str) -> str:
    """What sqlglot says, without the names of its classes.

    >>> _said("Required keyword: 'this' missing for <class 'sqlglot.expressions.Where'>. Line 1, Col: 24.")
    'something is missing: `where` is not complete'
    """
    part = re.search(r"missing for <class '[\w.]*?(\w+)'>", text)
    if part:
        return f"something is missing: `{part[1].lower()}` is not complete"
    return text.split("<")[0].strip().rstrip(":.")


def _syntax_error(text: str, error: Any, refusals: Refusals) -> SqlError:
    details = error.errors[0] if error.errors else {}
    line, end = details.get("line"), details.get("col")
    what = _said(str(details.get("description") or error))
    near = (details.get("highlight") or "").strip()
    column = max(1, end - len(near) + 1) if end else None
    place = f"{refusals.where}:{line}:{column}" if line else refusals.where
    return SqlError(
        f"this is not valid SQL near `{near}`" if near else "this is not valid SQL",
        line=line,
        column=column,
        where=place,
        why=what,
    )
