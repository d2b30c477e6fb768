"""Parts of applied documents by level, in bulk: products, ports, contracts, objects, properties.

Nothing is made per row but entries of lists; arrays come from whole lists at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import major_of
from meshwright.provisioning.registry import AppliedDomain
from meshwright.provisioning.tables import AppliedProduct
from meshwright.standards.custom import custom_of
from meshwright.standards.odps import PRODUCT_FILE, bound_contract, source_contract
from meshwright.supervision.metamodel.column import Column, Rows, array

Part = Mapping[str, Any]

_CONTRACTS = "contracts/"
_DASHBOARDS = "dashboards/"
_NO_FIELDS: frozenset[str] = frozenset()
_NESTED = frozenset({"properties", "items", "map"})


class Level:
    """Parts of one kind in reading order; `of` says to which part of the level above each belongs.

    `known` holds, by name, what is told by a part's place and not by its fields.
    """

    def __init__(self, above: Level | None = None) -> None:
        self.above = above
        self.items: list[Part] = []
        self.of: list[int] = []
        self.known: dict[str, Any] = {}
        self.paths: list[str] = []  # of properties; the parents' beside them
        self.parents: list[str | None] = []
        self._taken: dict[str, pa.Array] = {}

    def __len__(self) -> int:
        return len(self.items)

    def add(self, parts: Iterable[Part], of: int) -> None:
        """Append parts that belong to part `of` of the level above."""
        before = len(self.items)
        self.items.extend(parts)
        self.of.extend([of] * (len(self.items) - before))

    @cached_property
    def fields(self) -> frozenset[str]:
        """The keys that any part has."""
        return frozenset().union(*self.items)

    @cached_property
    def _of(self) -> pa.Array:
        return pa.array(self.of, pa.int32())

    def get(self, name: str) -> pa.Array:
        """What is known of each part by its place, or by the place of the part above it."""
        if name not in self._taken:
            if name in self.known:
                found = _inferred(self.known[name])
            elif self.above is not None:
                found = self.above.get(name).take(self._of)
            else:
                raise KeyError(name)
            self._taken[name] = found
        return self._taken[name]

    def has(self, name: str) -> bool:
        """Whether something is known under this name."""
        return name in self.known or (self.above is not None and self.above.has(name))

    def values(self, field: str) -> list[Any]:
        """A field of each part, None where it is absent."""
        return [item.get(field) for item in self.items]

    def rows(self, columns: Sequence[Column]) -> dict[str, Any]:
        """Fields and places as columns; those that neither names are left out."""
        found: dict[str, Any] = {}
        present = [column for column in columns if column.field in self.fields]
        found.update(self._fields(present))
        for column in columns:
            if column.field is None:
                if self.has(column.name):
                    found[column.name] = self.get(column.name)
            elif column.name not in found:
                found[column.name] = array(None, column.kind, len(self))
        for column in columns:
            if column.default is not None and column.name in found:
                found[column.name] = pc.fill_null(found[column.name], column.default)
        return found

    def _fields(self, columns: Sequence[Column]) -> Iterator[tuple[str, pa.Array]]:
        """Fields of all parts at once; one by one where a document holds what the standard does not mean."""
        names = [str(column.field) for column in columns]
        plain = [column.kind != "timestamp" for column in columns]
        if columns and all(plain) and len(set(names)) == len(names):
            kind = pa.struct([(column.field, column.type) for column in columns])
            try:
                parts = pa.array(self.items, kind)
            except (pa.ArrowException, OverflowError, UnicodeError, TypeError, ValueError):
                pass
            else:
                yield from ((c.name, part) for c, part in zip(columns, parts.flatten(), strict=True))
                return
        for column in columns:
            yield column.name, array(self.values(str(column.field)), column.kind, len(self))


def _inferred(values: Any) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    try:
        return pa.array(values)
    except (pa.ArrowException, UnicodeError):
        return array(values, "text", len(values))


class Head(NamedTuple):
    """What ports are bound by: a contract's id, version and servers."""

    id: str
    version: str
    servers: Any


class Walk:
    """The levels of some products and domains; each is made when something asks for it."""

    def __init__(
        self, mesh: str, products: Sequence[AppliedProduct] = (), domains: Sequence[AppliedDomain] = ()
    ) -> None:
        self.mesh = mesh
        self._products = products
        self._domains = domains

    def lineages(self) -> Iterator[tuple[int, str]]:
        """The products whose column lineage is known, by their place in the walk."""
        for index, product in enumerate(self._products):
            if product.lineage is not None:
                yield index, product.lineage

    @cached_property
    def domains(self) -> Level:
        """One part per domain: its document."""
        level = Level()
        level.items = [domain.document for domain in self._domains]
        level.of = list(range(len(level)))
        names = [domain.name for domain in self._domains]
        level.known = {
            "domain": names,
            "product": pa.nulls(len(level), pa.string()),
            "address": [f"mesh://{self.mesh}/{name}" for name in names],
            "repository": [domain.repository for domain in self._domains],
            "digest": [domain.digest for domain in self._domains],
            "_product": level.of,
        }
        return level

    @cached_property
    def products(self) -> Level:
        """One part per product: its document."""
        level = Level()
        known = self._products
        level.items = [product.documents.get(PRODUCT_FILE) or {} for product in known]
        level.of = list(range(len(level)))
        level.known = {
            "domain": [product.key.domain for product in known],
            "product": [product.key.product for product in known],
            "address": [f"mesh://{self.mesh}/{each.key.domain}/{each.key.product}" for each in known],
            "folder": [product.folder for product in known],
            "digest": [product.digest for product in known],
            "applied_at": array([product.applied_at for product in known], "timestamp", len(level)),
            "status": [
                product.status or str(item.get("status") or "active").lower()
                for product, item in zip(known, level.items, strict=True)
            ],
            "_product": level.of,
        }
        return level

    @cached_property
    def contracts(self) -> Level:
        """One part per contract document, with what it is for: the `binding` and the port."""
        level = Level(self.products)
        files: list[str] = []
        for index, product in enumerate(self._products):
            for path, document in product.documents.items():
                if path.startswith(_CONTRACTS):
                    level.items.append(document)
                    level.of.append(index)
                    files.append(f"{product.folder}/{path}")
        ids, versions = level.values("id"), level.values("version")
        level.known = {"file": files, "contract_id": ids, "contract_version": versions}
        return level

    @cached_property
    def dashboards(self) -> Level:
        """One part per dashboard document."""
        level = Level(self.products)
        files: list[str] = []
        for index, product in enumerate(self._products):
            for path in sorted(path for path in product.documents if path.startswith(_DASHBOARDS)):
                level.items.append(product.documents[path])
                level.of.append(index)
                files.append(f"{product.folder}/{path}")
        names = level.values("dashboard")
        above = self.products.known["address"]
        places = [f"{above[of]}/dashboards/{name}" for of, name in zip(level.of, names, strict=True)]
        level.known = {"file": files, "dashboard": array(names, "text", len(names)), "address": places}
        return level

    @cached_property
    def heads(self) -> list[list[tuple[int, Head]]]:
        """The contracts of each product, with their places in `contracts`."""
        found: list[list[tuple[int, Head]]] = [[] for _ in self._products]
        contracts = self.contracts
        for index, (of, item) in enumerate(zip(contracts.of, contracts.items, strict=True)):
            head = Head(str(item.get("id")), str(item.get("version")), item.get("servers"))
            found[of].append((index, head))
        return found

    @cached_property
    def outputs(self) -> Level:
        """Output ports; `contract` is the place of the contract each is bound to."""
        level = self._ports("outputPorts")
        bound: list[int | None] = []
        versions: list[str] = []
        known: dict[str, int] = {}
        for of, port in zip(level.of, level.items, strict=True):
            own = self.heads[of]
            head = bound_contract(port.get("contractId"), port.get("version"), [each for _, each in own])
            bound.append(next((index for index, each in own if each is head), None))
            version = port.get("version") or (head.version if head else "1.0.0")
            versions.append(version)
            if version not in known:
                known[version] = major_of(version)
        majors = [known[version] for version in versions]
        above = self.products.known["address"]
        addresses = [
            f"{above[of]}/{port.get('name')}@{major}"
            for of, port, major in zip(level.of, level.items, majors, strict=True)
        ]
        level.known |= {"version": versions, "major": majors, "contract": bound, "address": addresses}
        return level

    @cached_property
    def inputs(self) -> Level:
        """Input ports; `contract` is the place of the own contract with servers that each may mean."""
        level = self._ports("inputPorts")
        bound = []
        for of, port in zip(level.of, level.items, strict=True):
            own = self.heads[of]
            head = source_contract(port.get("contractId"), port.get("version"), [each for _, each in own])
            bound.append(next((index for index, each in own if each is head), None))
        above = self.products.known["address"]
        addresses = [
            f"{above[of]}/{port.get('name')}" for of, port in zip(level.of, level.items, strict=True)
        ]
        level.known |= {"version": level.values("version"), "contract": bound, "address": addresses}
        return level

    def _ports(self, key: str) -> Level:
        level = Level(self.products)
        positions: list[int] = []
        for index, item in enumerate(self.products.items):
            ports = item.get(key)
            if ports:
                level.add(ports, index)
                positions += range(1, len(ports) + 1)
        level.known = {"port": level.values("name"), "position": positions}
        return level

    @cached_property
    def bound(self) -> Level:
        """The contracts again, knowing the `binding`, `port`, `major` and `address` of each.

        A contract of several output ports has those of the first of the newest major.
        """
        contracts = self.contracts
        size = len(contracts)
        bindings: list[str] = ["unused"] * size
        ports: list[str | None] = [None] * size
        majors: list[int | None] = [None] * size
        addresses = contracts.get("address").to_pylist()
        for level, binding in ((self.inputs, "source"), (self.outputs, "output")):
            taken: dict[int, int] = {}
            for index, contract in enumerate(level.known["contract"]):
                major = level.known["major"][index] if binding == "output" else 0
                if contract is None or taken.get(contract, -1) >= major:
                    continue
                taken[contract] = major
                bindings[contract], ports[contract] = binding, level.known["port"][index]
                majors[contract] = major if binding == "output" else None
                addresses[contract] = level.known["address"][index]
        level = Level(contracts)
        level.items = contracts.items
        level.of = list(range(size))
        level.known = {
            "binding": bindings,
            "port": pa.array(ports, pa.string()),
            "major": pa.array(majors, pa.int64()),
            "address": addresses,
        }
        return level

    @cached_property
    def objects(self) -> Level:
        """Objects of all contracts."""
        level = Level(self.bound)
        positions: list[int] = []
        for index, contract in enumerate(self.contracts.items):
            objects = contract.get("schema")
            if objects:
                level.add(objects, index)
                positions += range(1, len(objects) + 1)
        names = _inferred(level.values("name")).cast(pa.string())
        level.known = {"object": names, "position": positions}
        above = level.above.get("address").take(pa.array(level.of, pa.int32())) if level.above else names
        level.known["address"] = pc.binary_join_element_wise(above, names, "#", null_handling="replace")
        return level

    @cached_property
    def properties(self) -> Level:
        """Properties of all objects, each followed by those nested in it."""
        level = Level(self.objects)
        fields: set[str] = set()
        paths: list[str] = []
        parents: list[str | None] = []
        positions: list[int] = []
        depths: list[int] = []
        for index, obj in enumerate(self.objects.items):
            properties = obj.get("properties")
            if not properties:
                continue
            here = _NO_FIELDS.union(*properties)
            if _NESTED.isdisjoint(here):
                fields |= here
                size = len(properties)
                level.items += properties
                paths += [item.get("name") or "" for item in properties]
                parents += [None] * size
                positions += range(1, size + 1)
                depths += [1] * size
            else:
                for item, path, parent, position, depth in _nested(properties, "", None, 1):
                    fields.update(item)
                    level.items.append(item)
                    paths.append(path)
                    parents.append(parent)
                    positions.append(position)
                    depths.append(depth)
            level.of += [index] * (len(level.items) - len(level.of))
        level.fields = frozenset(fields)
        level.paths, level.parents = paths, parents
        texts = array(paths, "text", len(paths))
        objects = self.objects.get("address").take(pa.array(level.of, pa.int32()))
        level.known = {
            "path": texts,
            "parent": array(parents, "text", len(parents)),
            "position": positions,
            "depth": depths,
            "address": pc.binary_join_element_wise(objects, texts, "."),
        }
        return level

    @cached_property
    def elements(self) -> tuple[tuple[str, Level], ...]:
        """Every level whose parts may carry tags, links, synonyms and custom properties, by kind."""
        return (
            ("domain", self.domains),
            ("product", self.products),
            ("input_port", self.inputs),
            ("output_port", self.outputs),
            ("contract", self.bound),
            ("object", self.objects),
            ("column", self.properties),
        )


def _nested(
    properties: Sequence[Part], prefix: str, parent: str | None, depth: int
) -> Iterator[tuple[Part, str, str | None, int, int]]:
    """Properties with path, path of the parent, position and depth, each before those below it.

    Items of a list, and keys and values of a map, have the signs that checks name them by.
    """
    for position, item in enumerate(properties, 1):
        path = f"{prefix}{item.get('name') or ''}"
        yield from _whole(item, path, parent, position, depth)


def _whole(
    item: Part, path: str, parent: str | None, position: int, depth: int
) -> Iterator[tuple[Part, str, str | None, int, int]]:
    yield item, path, parent, position, depth
    if item.get("properties"):
        yield from _nested(item["properties"], f"{path}.", path, depth + 1)
    mapped = item.get("map") or {}
    below = ((item.get("items"), "[]"), (mapped.get("key"), "{key}"), (mapped.get("value"), "{}"))
    for place, (part, sign) in enumerate(below, 1):
        if part is not None:
            yield from _whole(part, f"{path}{sign}", path, place, depth + 1)


def parts_of(above: Level, field: str) -> Level:
    """The parts that a list field of each part above holds, numbered from 1."""
    level = Level(above)
    positions: list[int] = []
    if field in above.fields:
        for index, item in enumerate(above.items):
            parts = item.get(field)
            if isinstance(parts, list) and parts:
                level.add(parts, index)
                positions += range(1, len(parts) + 1)
    level.known = {"position": positions}
    return level


def joined(levels: Sequence[tuple[str, Level]], columns: Sequence[Column]) -> Rows:
    """The rows of several levels one after another, with the kind of the part above as `of`."""
    tables = []
    for kind, level in levels:
        if not len(level):
            continue
        rows = {"_product": level.get("_product"), **level.rows(columns)}
        rows["of"] = pa.array([kind] * len(level), pa.string())
        wanted = [column for column in columns if column.name in rows]
        arrays = [rows["_product"].cast(pa.int64())]
        arrays += [array(rows[column.name], column.kind, len(level)) for column in wanted]
        tables.append(pa.Table.from_arrays(arrays, ["_product", *(column.name for column in wanted)]))
    if not tables:
        return {"_product": pa.array([], pa.int64())}
    whole = pa.concat_tables(tables, promote_options="default")
    return {name: whole[name].combine_chunks() for name in whole.column_names}


def custom_text(item: Part, name: str) -> str | None:
    """One of our own custom properties of a part, as text."""
    value = custom_of(item).get(name) if "customProperties" in item else None
    return None if value is None else str(value)
