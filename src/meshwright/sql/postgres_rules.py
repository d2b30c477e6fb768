"""Rules in SQL for PostgreSQL: one SELECT over given tables, and nothing else.

What runs is not the text of the rule, but what is written for its syntax tree: with every name quoted,
every table spelled out, and then word for word on an allow list. It is meant to run in a read-only
transaction that looks names up in `pg_catalog` only, so a name that would escape finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from meshwright.sql.postgres_words import BEFORE_PARENTHESIS, FUNCTIONS, KEYWORDS, TYPES

if TYPE_CHECKING:
    from sqlglot import exp

_LONGEST = 100_000
_DEEPEST = 100

_NODES_WORDS = """
Alias Aliases All And Any Array AtTimeZone Between Boolean Bracket CTE Case Cast Column ColumnDef Cube
DPipe DataType DataTypeParam Distinct Div Dot EQ Escape Except Exists Fetch Filter From GT GTE Group
GroupingSets Having ILike Identifier If IgnoreNulls In IntDiv Intersect Interval IntervalSpan Is
JSONExtract JSONExtractScalar JSONBExtract JSONBExtractScalar JSONPath JSONPathKey JSONPathRoot
JSONPathSubscript Join LT LTE Lateral Like Limit Literal Mod Mul NEQ Neg Not Null NullSafeEQ NullSafeNEQ
Offset Or Order Ordered Paren Pow RegexpILike RegexpLike RespectNulls Rollup Select SimilarTo Slice Star
Sub Subquery Table TableAlias Tuple Union Unnest Values Var Where Window WindowSpec With WithinGroup Add
BitwiseAnd BitwiseOr BitwiseXor BitwiseNot TableColumn Anonymous AnonymousAggFunc ArrayContainsAll
ArrayContainedBy ArrayOverlaps
"""

_NODES = frozenset(_NODES_WORDS.split())
_REWRITTEN = frozenset({"CARET", "DSTAR", "PIPE_SLASH", "DPIPE_SLASH", "DAT", "PARAMETER_OPERATOR"})
"""Operators that would be written as functions, with another precedence than PostgreSQL's."""

_CLOCK = frozenset({"CurrentDate", "CurrentTime", "CurrentTimestamp", "Localtime", "Localtimestamp"})

_LEXEME = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<text>'(?:[^'\\]|'')*')
  | (?P<name>"(?:[^"]|"")+")
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>::|<>|!=|<=|>=|\|\||->>|->|\#>>|\#>|@>|<@|&&|!~~\*|!~~|!~\*|!~|~~\*|~~|~\*|~
      |[-+*/%^<>=|&\#(),.\[\]:])
    """,
    re.VERBOSE,
)
_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]")


class Refusal(Exception):
    """A rule's statement is not allowed; the message says what in it."""


def readable_rule(text: str, tables: Mapping[str, str | None], schema: str) -> str:
    """The statement to run for a rule that may read `tables`.

    `tables` holds quoted tables by lower-case name, None for one that there are no data of; they may
    also be called by their `schema`.

    Raises:
        Refusal: it does not parse, is no SELECT, or does more than to read these tables.
    """
    if "\0" in text or len(text) > _LONGEST or text.count("(") > 500:
        raise Refusal("the query is too long, or holds a NUL character")
    try:
        tree = _parse(text)
        for node in tree.walk():
            _check(node)
        _point_at(tree, tables, schema)
        written = _write(tree)
        names = sum(bool(alias.args.get("columns")) for alias in tree.find_all(_alias()))
    except RecursionError:
        raise Refusal("the query is nested too deeply") from None
    _check_words(written, names)
    return written


def _alias() -> type[exp.TableAlias]:
    from sqlglot import exp

    return exp.TableAlias


def _parse(text: str) -> exp.Expr:
    from sqlglot import exp, parse, tokenize
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

    try:
        for token in tokenize(text, read="postgres"):
            if token.token_type.name in _REWRITTEN:
                raise Refusal(f"the query has the operator `{token.text}`; call its function by name")
        trees = [tree for tree in parse(text, dialect="postgres") if tree is not None]
    except SqlglotError as error:
        details = getattr(error, "errors", None) or [{}]
        why = details[0].get("description") or str(error).splitlines()[0]
        raise Refusal(f"the query does not parse: {why}") from None
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise Refusal(f"the query must be one SELECT, and is {len(trees)} statements")
    tree = trees[0]
    while isinstance(tree, exp.Subquery) and tree.is_wrapper:
        tree = tree.this
    if not isinstance(tree, exp.Select | exp.SetOperation):
        raise Refusal("the query must be one SELECT that only reads")
    for node in list(tree.find_all(exp.Not)):
        # A row is neither null nor not null where some of its fields are null.
        if isinstance(node.this, exp.Is) and isinstance(node.this.expression, exp.Null):
            node.replace(exp.Is(this=node.this.this, expression=exp.Not(this=exp.Null())))
    return normalize_identifiers(tree, dialect="postgres")


def _check(node: exp.Expr) -> None:
    from sqlglot import exp

    name = type(node).__name__
    if isinstance(node, exp.Placeholder | exp.Parameter):
        raise Refusal("the query has a parameter (`?` or `$1`), and nothing to fill it with")
    if isinstance(node, exp.Anonymous):
        called = node.this
        if not isinstance(called, str) or called.lower() not in FUNCTIONS:
            raise Refusal(f"the query calls `{_spoken(called)}`, which a rule may not")
    elif isinstance(node, exp.DataType):
        if node.this == exp.DataType.Type.USERDEFINED:
            raise Refusal(f"the query uses the type `{node.sql('postgres')}`, which a rule may not")
    elif isinstance(node, exp.Dot):
        if not isinstance(node.expression, exp.Identifier | exp.Star):
            raise Refusal(f"the query calls `{node.sql('postgres')}`, which a rule may not")
    elif isinstance(node, exp.Func) and name not in _NODES:
        if name.startswith(("Current", "Session", "Local", "User")) and name not in _CLOCK:
            raise Refusal(f"the query calls `{node.sql('postgres')}`, which a rule may not")
    elif name not in _NODES:
        raise Refusal(f"the query uses `{name}`, which a rule may not")


def _spoken(name: Any) -> str:
    return name if isinstance(name, str) else str(getattr(name, "name", name))


def _point_at(tree: exp.Expr, tables: Mapping[str, str | None], schema: str) -> None:
    """Replace the name of every table by the table that it stands for."""
    from sqlglot import exp

    for cte in tree.find_all(exp.CTE):
        if cte.alias.lower().startswith("pg_"):
            raise Refusal(
                f"the query calls a part of itself `{cte.alias}`; names in pg_ are PostgreSQL's own"
            )
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            continue  # a function, whose name is looked at with all words
        name = ".".join(part.name for part in table.parts)
        if len(table.parts) == 1 and table.name in _ctes_around(table):
            continue
        key = table.name.lower() if table.catalog == "" and table.db in ("", schema) else name.lower()
        if key not in tables or (table.catalog == "" and table.db not in ("", schema)):
            close = get_close_matches(key, list(tables), 1)
            hint = f"; did you mean `{close[0]}`?" if close else f"; it may read {', '.join(sorted(tables))}"
            raise Refusal(f"the query reads `{name}`, which is no object of the contract{hint}")
        target = tables[key]
        if target is None:
            raise Refusal(f"the query reads `{name}`, whose data are not available here")
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
        spelled = exp.to_table(target, dialect="postgres")
        for part in ("this", "db", "catalog"):
            table.set(part, spelled.args.get(part))


def _ctes_around(table: exp.Expr) -> Iterator[str]:
    """The names of the common table expressions that a table may stand for."""
    above: list[exp.Expr] = []
    node: exp.Expr | None = table.parent
    while node is not None:
        with_: Any = node.args.get("with_") or node.args.get("with")
        for cte in with_.expressions if with_ is not None else ():
            if not with_.args.get("recursive") and any(cte is one for one in above):
                break  # a part sees those before it, and not itself
            yield cte.alias
        above.append(node)
        node = node.parent


def _write(tree: exp.Expr) -> str:
    from sqlglot import ErrorLevel
    from sqlglot.errors import SqlglotError

    try:
        return tree.sql(dialect="postgres", identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise Refusal(f"the query cannot be written for PostgreSQL: {error}") from None


def _check_words(written: str, names: int) -> None:
    """Refuse what has a word, a sign or a call that is on no list.

    `names` is how many aliases have names for columns: that many quoted names may be followed by a
    parenthesis.
    """
    lexemes = list(_lexemes(written))
    if sum(1 for kind, _ in lexemes if kind == "word") > _LONGEST:
        raise Refusal("the query is too long")
    for (kind, text), (_, following) in zip(lexemes, [*lexemes[1:], ("", "")], strict=True):
        called = following == "("
        if kind == "name" and called:
            names -= 1
            if names < 0:
                raise Refusal(f"the query calls `{text}`, which a rule may not")
        if kind != "word":
            continue
        word = text.lower()
        known = (FUNCTIONS | TYPES | BEFORE_PARENTHESIS) if called else (KEYWORDS | TYPES | {"join"})
        if word not in known:
            verb = "calls" if called else "uses"
            raise Refusal(f"the query {verb} `{word}`, which a rule may not")


def _lexemes(written: str) -> Iterator[tuple[str, str]]:
    """What PostgreSQL's scanner sees, spaces left out.

    Raises:
        Refusal: there is something that is no part of a plain SELECT: a comment, a text with
            backslashes or a prefix, a parameter.
    """
    at = 0
    previous = ""
    while at < len(written):
        found = _LEXEME.match(written, at)
        if found is None:
            raise Refusal(f"the query has `{written[at : at + 10]}`, which a rule may not")
        kind, text = str(found.lastgroup), found[0]
        if kind == "text" and previous in ("word", "name"):
            raise Refusal("the query has a text with a prefix, which a rule may not")
        joined = _OPERATOR.match(text) and previous == "sign" and _OPERATOR.match(written[at - 1])
        if kind == "sign" and joined:
            raise Refusal(f"the query has `{written[at - 1 : at + len(text)]}`, which a rule may not")
        if kind != "space":
            yield kind, text
        previous = kind
        at = found.end()
