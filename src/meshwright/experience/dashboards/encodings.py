"""Which columns a Vega-Lite specification names, and which it makes itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshwright.standards.exact import Path

_NAMED = re.compile(
    r"""\bdatum\s*(?:\.\s*(?P<name>[^\W\d]\w*)|\[\s*(?P<quote>['"])(?P<quoted>.+?)(?P=quote)\s*\])"""
)
_EXPRESSIONS = ("expr", "calculate", "filter", "test", "labelExpr", "signal")
_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "fold": ("key", "value"),
    "density": ("value", "density"),
    "quantile": ("prob", "value"),
}
_FIELDS = ("density", "loess", "regression", "on", "impute", "quantile")
_LISTS = ("groupby", "flatten", "fold", "keyFields", "detail")


@dataclass(slots=True)
class Named:
    """Columns that a chart names, each with its place; `made` are those that its transforms make.

    With `open` they make columns whose names only the data tell.
    """

    fields: list[tuple[str, Path]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    open: bool = False

    def missing(self, columns: frozenset[str]) -> Iterator[tuple[str, Path]]:
        """What is named and neither among `columns` nor made."""
        if self.open:
            return
        seen = set()
        for name, path in self.fields:
            own = _head(name)
            if name not in columns and own not in columns and own not in self.made and own not in seen:
                seen.add(own)
                yield own, path


def columns_named(spec: Mapping[str, Any]) -> Named:
    """The columns that a specification names in encodings, transforms and expressions."""
    named = Named()
    _walk(spec, (), named)
    return named


def _walk(node: Any, path: Path, named: Named) -> None:
    if isinstance(node, list):
        for index, part in enumerate(node):
            _walk(part, (*path, index), named)
        return
    if not isinstance(node, Mapping):
        return
    if path and path[-1] in ("values", "value", "config"):
        return  # data and styles, whatever they look like
    for key, part in node.items():
        here = (*path, key)
        if key == "transform" and isinstance(part, list):
            for index, each in enumerate(part):
                _made(each, (*here, index), named)
        if key in _EXPRESSIONS and isinstance(part, str):
            for found in _NAMED.finditer(part):
                named.fields.append((_escaped(found["name"] or found["quoted"]), here))
        elif key == "field" and isinstance(part, str):
            named.fields.append((part, here))
        elif key in _LISTS and isinstance(part, list):
            named.fields += [(each, (*here, i)) for i, each in enumerate(part) if isinstance(each, str)]
        elif key == "repeat":
            _repeated(part, here, named)
        _walk(part, here, named)


def _repeated(part: Any, path: Path, named: Named) -> None:
    if isinstance(part, list):
        named.fields += [(each, (*path, i)) for i, each in enumerate(part) if isinstance(each, str)]
    for key in ("row", "column", "layer") if isinstance(part, Mapping) else ():
        if isinstance(part.get(key), list):
            _repeated(part[key], (*path, key), named)


def _made(transform: Any, path: Path, named: Named) -> None:
    """The columns that one transform makes: what its `as` say, or their defaults."""
    if not isinstance(transform, Mapping):
        return
    named.open = named.open or "pivot" in transform
    for key in _FIELDS:
        if isinstance(transform.get(key), str):
            named.fields.append((transform[key], (*path, key)))
    for key, names in _DEFAULTS.items():
        if key in transform:
            named.made.update(names)
    stack: list[Any] = [transform]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, Mapping):
            made = node.get("as")
            if isinstance(made, list):
                named.made.update(name for name in made if isinstance(name, str))
            elif isinstance(made, str):
                named.made.add(made)
                named.made.update((f"{made}_end", f"{made}_start"))
            stack += node.values()


def _head(name: str) -> str:
    """The column that a field path begins with: `a` of `a.b` and `a[0]`, `a.b` of `a\\.b`."""
    found = re.match(r"(?:\\.|[^.\[\\])+", name)
    return re.sub(r"\\(.)", r"\1", found[0]) if found else name


def _escaped(name: str) -> str:
    return re.sub(r"([.\[\\])", r"\\\1", name)
