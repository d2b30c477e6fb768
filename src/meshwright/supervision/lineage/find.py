"""From what a person writes to the table or column that lineage knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from meshwright.errors import InputError, NotFound
from meshwright.model.address import ProductKey
from meshwright.supervision.lineage.edges import DATASET, SOURCE, Table, Tables

_ADDRESS = re.compile(r"(mesh://[^/]+/[^/]+/[^/]+/[^/@]+@\d+)(?:[./](.+))?\Z")

SHAPE = "write DOMAIN.PRODUCT.OBJECT.COLUMN, an address, or source:CONTRACT.OBJECT.COLUMN"


@dataclass(frozen=True, slots=True)
class Found:
    """The tables that are meant, or one column of one of them."""

    tables: tuple[Table, ...]
    column: str | None = None


def find(text: str, products: Mapping[str, ProductKey], tables: Tables) -> Found:
    """What `text` means: a product (one of `products`, by their names), a table or a column.

    `domain.product` (or `domain/product`) is a product, `domain.product.object` a table (its newest
    major; `object@1` names one), one more part a column. `mesh://.../port@1` is a port, with `.object`
    and `.column` behind it, `source:CONTRACT` a source, `dataset:NAMESPACE.NAME` a dataset outside the
    mesh. The object may be left out where only one has the column.

    Raises:
        NotFound: there is no such thing; says what was probably meant.
        InputError: it may mean several things.
    """
    plain = text.replace('"', "").strip()
    if plain.startswith("mesh://"):
        return _addressed(plain, tables)
    if plain.startswith(SOURCE):
        return _source(plain, tables)
    if plain.startswith(DATASET):
        return _dataset(plain, tables)
    parts = plain.replace("/", ".", 1).split(".")
    if len(parts) < 2 or not all(parts):
        raise InputError(f"`{text}` names no product, table or column", way_out=SHAPE)
    wanted = f"{parts[0]}/{parts[1]}".lower()
    if wanted not in products:
        raise _nothing(f"there is no product {wanted}", wanted, products)
    own = [table for table in tables.values() if table.product == products[wanted]]
    return _within(wanted, own, parts[2:])


def _addressed(text: str, tables: Tables) -> Found:
    match = _ADDRESS.match(text)
    addresses = {table.address for table in tables.values() if table.product is not None}
    if match is None or match[1] not in addresses:
        raise _nothing(f"`{text}` is no address here", match[1] if match else text, addresses)
    own = [table for table in tables.values() if table.address == match[1]]
    return _within(match[1], own, match[2].split(".") if match[2] else [])


def _source(text: str, tables: Tables) -> Found:
    sources = sorted({t.address for t in tables.values() if t.product is None}, key=len, reverse=True)
    for source in sources:
        if text == source or text.startswith(source + "."):
            own = [table for table in tables.values() if table.address == source]
            rest = text[len(source) + 1 :]
            return _within(source, own, rest.split(".") if rest else [])
    raise _nothing(f"no input port reads `{text}`", text, sources)


def _dataset(text: str, tables: Tables) -> Found:
    """A dataset outside the mesh, by its namespace, a dot and its name: both may hold dots."""
    names = {f"{t.address}.{t.object}": t for t in tables.values() if t.address.startswith(DATASET)}
    fits = [name for name in names if text == name or text.startswith(name + ".")]
    if not fits:
        raise _nothing(f"nobody told of `{text}`", text, names)
    name = max(fits, key=len)
    rest = text[len(name) + 1 :]
    return Found((names[name],), rest or None)


def _within(where: str, own: Sequence[Table], parts: Sequence[str]) -> Found:
    if not parts:
        return Found(tuple(own))
    name, _, major = parts[0].partition("@")
    named = [t for t in own if name.lower() in (t.object.lower(), t.name.lower())]
    if not named:
        having = [t for t in own if _column(t, parts)]
        if having:
            newest = max(having, key=lambda t: t.major)
            if len({t.object for t in having}) == 1:
                return Found((newest,), _column(newest, parts))
            raise InputError(
                f"several objects of {where} have a column `{parts[0]}`",
                way_out="say " + " or ".join(sorted(f"{t.object}.{parts[0]}" for t in having)),
            )
        words = [*(t.object for t in own), *(column for t in own for column in t.columns)]
        raise _nothing(f"{where} has no object and no column `{parts[0]}`", name, words)
    fits = [t for t in named if not major or str(t.major) == major]
    if not fits:
        versions = ", ".join(f"{t.object}@{t.major}" for t in named)
        raise InputError(f"{where} serves no `{parts[0]}`", way_out=f"it serves {versions}")
    table = max(fits, key=lambda t: t.major)
    if len(parts) == 1:
        return Found((table,))
    column = _column(table, parts[1:])
    if column is None:
        raise _nothing(f"`{parts[0]}` of {where} has no column `{parts[1]}`", parts[1], table.columns)
    return Found((table,), column)


def _column(table: Table, parts: Sequence[str]) -> str | None:
    """The column that parts name, with the fields behind it."""
    for column in table.columns:
        if column.lower() == parts[0].lower():
            return ".".join((column, *parts[1:]))
    return None


def _nothing(what: str, name: str, known: Iterable[str]) -> NotFound:
    folded: Mapping[str, str] = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), list(folded), n=1, cutoff=0.6)
    listed = ", ".join(sorted(folded.values())[:12])
    way_out = f"did you mean `{folded[close[0]]}`?" if close else f"known are: {listed}" if listed else SHAPE
    return NotFound(what, way_out=way_out)
