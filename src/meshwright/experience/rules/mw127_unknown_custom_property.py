"""An unknown custom property of ours.

## What it does
Looks for `customProperties` with `vendor: meshwright` whose name means nothing at that place. Custom
properties of other vendors, and those without a vendor, are left alone.

## Why is this bad
A misspelt property is ignored, and the table is built in another way than its author thinks.

## Example
```yaml
customProperties:
  - {vendor: meshwright, property: materialisation, value: append}
```

## What to do instead
Known are, on a product: `dialect`, `sunset`, `successor`, `residency`; on a support channel of a product:
`alerts`; on an output port: `materialization`, `sunset`; on an object of a contract: `materialization`,
`cursor`, `lookback`, `quarantine`, `justification`; on a property: `partitionTransform`, `justification`,
`declassified`, `currency`; on a service level: `severity`; on any server: `residency`; on a server of type
`api`: `path`, `items`, `paging`, `auth`, `since_param`, `headers`, `params`, `timeout`, `retries`,
`max_pages`; `iceberg`: `location`; `local`: `delimiter`; `s3`: `region`; `postgres`: `sslmode` and the other
settings of its connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshwright.errors import Problem
from meshwright.experience.rules.places import owned
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.mesh import Mesh

CODE = "MW127"

KNOWN: Mapping[str, frozenset[str]] = {
    "product": frozenset({"dialect", "sunset", "successor", "residency"}),
    "support channel": frozenset({"alerts"}),
    "input port": frozenset(),
    "output port": frozenset({"materialization", "sunset"}),
    "contract": frozenset(),
    "server": frozenset(),
    "server of type api": frozenset(
        {
            "path",
            "items",
            "paging",
            "auth",
            "since_param",
            "headers",
            "params",
            "timeout",
            "retries",
            "max_pages",
        }
    ),
    "server of type iceberg": frozenset({"location"}),
    "server of type local": frozenset({"delimiter"}),
    "server of type postgres": frozenset(
        {"sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "target_session_attrs"}
    ),
    "server of type s3": frozenset({"region"}),
    "object": frozenset({"materialization", "cursor", "lookback", "quarantine", "justification"}),
    "property": frozenset({"partitionTransform", "justification", "declassified", "currency"}),
    "quality rule": frozenset(),
    "service level": frozenset({"severity"}),
}
"""Custom properties of ours by the place where they mean something."""

OF_SERVERS = frozenset({"residency"})
"""Those that mean something on a server of any type."""

_TELLING = frozenset({"customProperties", "quality", "properties", "items", "map"})
"""The keys of a property below which a custom property can be."""


def check(mesh: Mesh) -> Iterator[Problem]:
    """Custom properties of ours that mean nothing where they stand."""
    for product in owned(mesh):
        for kind, path, node in _of_product(product.document):
            yield from _unknown(kind, path, node, product.file)
        for contract in product.contracts:
            for kind, path, node in _of_contract(contract.document):
                yield from _unknown(kind, path, node, contract.file)


Node = tuple[str, str, Mapping[str, Any]]


def _of_product(document: Mapping[str, Any]) -> Iterator[Node]:
    yield from _one("product", "", document)
    yield from _list("support channel", "support", document)
    yield from _list("input port", "inputPorts", document)
    yield from _list("output port", "outputPorts", document)


def _of_contract(document: Mapping[str, Any]) -> Iterator[Node]:
    yield from _one("contract", "", document)
    for _, path, server in _list("server", "servers", document):
        kind = f"server of type {str(server.get('type')).replace('postgresql', 'postgres')}"
        yield kind if kind in KNOWN else "server", path, server
    yield from _list("service level", "slaProperties", document)
    schema = document.get("schema")
    for index, obj in enumerate(schema if isinstance(schema, list | tuple) else ()):
        if isinstance(obj, Mapping):
            path = f"schema[{index}]"
            yield from _one("object", path, obj)
            yield from _list("quality rule", f"{path}.quality", obj)
            for position, prop in enumerate(obj.get("properties") or ()):
                if isinstance(prop, Mapping) and not _TELLING.isdisjoint(prop):
                    yield from _of_property(prop, path, position)


def _of_property(prop: Mapping[str, Any], parent: str, position: int | str) -> Iterator[Node]:
    path = f"{parent}.properties[{position}]" if isinstance(position, int) else f"{parent}.{position}"
    yield from _one("property", path, prop)
    yield from _list("quality rule", f"{path}.quality", prop)
    for inner, child in enumerate(prop.get("properties") or ()):
        if isinstance(child, Mapping):
            yield from _of_property(child, path, inner)
    if isinstance(prop.get("items"), Mapping):
        yield from _of_property(prop["items"], path, "items")
    if isinstance(prop.get("map"), Mapping):
        for part in ("key", "value"):
            if isinstance(prop["map"].get(part), Mapping):
                yield from _of_property(prop["map"][part], f"{path}.map", part)


def _one(kind: str, path: str, node: Mapping[str, Any]) -> Iterator[Node]:
    if node.get("customProperties"):
        yield kind, path, node


def _list(kind: str, path: str, parent: Mapping[str, Any]) -> Iterator[Node]:
    entries = parent.get(path.rpartition(".")[2])
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if isinstance(entry, Mapping):
            yield from _one(kind, f"{path}[{index}]", entry)


def _unknown(kind: str, path: str, node: Mapping[str, Any], file: str) -> Iterator[Problem]:
    entries = node["customProperties"]
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if not isinstance(entry, Mapping) or entry.get("vendor") != "meshwright":
            continue
        name = entry.get("property")
        if name in KNOWN[kind] or (name in OF_SERVERS and kind.startswith("server")):
            continue
        elsewhere = [place for place, names in KNOWN.items() if name in names]
        known = ", ".join(f"`{each}`" for each in sorted(KNOWN[kind])) or "none"
        yield Problem(
            CODE,
            f"`{name}` is no custom property of Meshwright on a {kind}",
            file=file,
            path=f"{path}{'.' if path else ''}customProperties[{index}].property",
            hint=f"it belongs on: {', '.join(elsewhere)}"
            if elsewhere
            else Suggester(KNOWN[kind]).hint(str(name), f"known here: {known}"),
        )
