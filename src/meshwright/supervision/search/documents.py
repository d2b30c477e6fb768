"""What can be found: domains, products, output ports, their objects and columns, and glossary terms."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from urllib.parse import unquote
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.provisioning.ports.search import Entry, Numbers
from meshwright.supervision.search.words import name_words, words_of

VERSION = 2
"""Changes with what is made here; entries of another version are made anew."""

TYPES = ("domain", "product", "port", "object", "column", "term")
"""The types of what is found."""

_PARTS = (
    *("products", "ports", "contracts", "objects", "columns", "servers"),
    *("synonyms", "authoritative_definitions"),
)

RELATIONS = ("domains", *_PARTS, "edges", "runs", "slo_status")
"""The relations that entries and their standing are made from."""

_INSIDE = 30
"""Names of parts that are told with what has them."""

_GLOSSARY = "businessdefinition"

Row = Mapping[str, Any]


@dataclass
class Numbering:
    """Numbers of what entries have in common; they only grow, so that entries stay as they are."""

    places: dict[tuple[str, str | None], int] = field(default_factory=dict)
    traits: dict[tuple[str, ...], int] = field(default_factory=dict)

    def place(self, domain: str, product: str | None) -> int:
        """The number of a product, or of a domain itself."""
        return self.places.setdefault((domain, product), len(self.places))

    def trait(
        self, type: str, status: str, classification: str, tags: Collection[str], role: str = ""
    ) -> int:
        """The number of a type, a status, a classification, a role (`key` or none) and tags."""
        trait = (type, status, classification, role, *sorted(tags))
        return self.traits.setdefault(trait, len(self.traits))


def unit_of_domain(domain: str) -> str:
    """What the entries of a domain itself are replaced with."""
    return f"domain {domain}"


def unit_of_product(key: ProductKey) -> str:
    """What the entries of a product are replaced with."""
    return f"product {key}"


@dataclass(frozen=True)
class _About:
    """What is said elsewhere of the parts of a product, by address."""

    synonyms: Mapping[str, Sequence[str]]
    links: Mapping[str, Sequence[Row]]


def domain_entries(
    tables: Mapping[str, pa.Table], names: Collection[str], numbering: Numbering
) -> Iterator[Entry]:
    """An entry for each of these domains."""
    domains = [row for row in tables["domains"].to_pylist() if row["domain"] in names]
    for row in domains:
        tags = row["tags"] or ()
        yield _entry(
            unit_of_domain(row["domain"]),
            "thing",
            {
                "name": name_words(row["domain"]),
                "text": _words(row["description"], row["team"], *tags),
            },
            _filters("domain", row["domain"], None, None, tags),
            (numbering.place(row["domain"], None), numbering.trait("domain", "", "", tags), 0, 0),
            _source("domain", row["address"], row["domain"], row["description"]),
        )


def product_entries(
    tables: Mapping[str, pa.Table], keys: Collection[ProductKey], numbering: Numbering
) -> Iterator[Entry]:
    """The entries of these products, one product after another."""
    if not keys:
        return
    some = {name: _of(tables[name], keys) for name in _PARTS}
    parts = {name: _by_product(table) for name, table in some.items() if name != "columns"}
    columns = _by_product(_needed_columns(some["columns"]))
    for key in sorted(keys):
        mine = {name: found.get((key.domain, key.product), []) for name, found in parts.items()}
        if mine["products"]:
            mine["columns"] = columns.get((key.domain, key.product), [])
            yield from _product(key, mine, numbering)


def _of(table: pa.Table, keys: Collection[ProductKey]) -> pa.Table:
    """The rows of some products."""
    if len(keys) > 5000:
        return table
    names = pc.binary_join_element_wise(table["domain"], table["product"], "/")
    return table.filter(pc.is_in(names, value_set=pa.array([str(key) for key in keys])))


def _needed_columns(table: pa.Table) -> pa.Table:
    table = table.filter(pc.equal(table["binding"], "output"))
    return table.select(
        [
            *("domain", "product", "contract_id", "contract_version", "object", "path", "address", "name"),
            *("column", "logical_type", "physical_type", "description", "business_name", "classification"),
            *("semantic_type", "examples", "allowed", "transform_description", "deprecated", "tags"),
            "primary_key_position",
        ]
    )


def _by_product(table: pa.Table) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for batch in table.to_batches(max_chunksize=50_000):
        for row in batch.to_pylist():
            found.setdefault((row["domain"], row["product"]), []).append(row)
    return found


def _product(key: ProductKey, parts: Mapping[str, list[Row]], numbering: Numbering) -> Iterator[Entry]:
    product = parts["products"][0]
    about = _about(parts)
    unit, place = unit_of_product(key), numbering.place(key.domain, key.product)
    sources = source_systems(parts["servers"])
    whose = _Whose(unit, place, key, product, sources, about, numbering)
    outputs = [port for port in parts["ports"] if port["direction"] == "output"]
    objects = [each for each in parts["objects"] if each["binding"] == "output"]
    contracts = {(each["contract_id"], each["contract_version"]): each for each in parts["contracts"]}
    columns: dict[tuple[str, str, str], list[Row]] = {}
    for row in parts["columns"]:
        columns.setdefault((row["contract_id"], row["contract_version"], row["object"]), []).append(row)
    yield whose.product_entry(
        outputs, objects, [each for each in parts["contracts"] if each["binding"] == "source"]
    )
    for port in outputs:
        contract = contracts.get((port["contract_id"], port["contract_version"]))
        inside = [each for each in objects if each["port"] == port["port"] and each["major"] == port["major"]]
        yield whose.port_entry(port, contract, inside)
    statuses = {(port["port"], port["major"]): port["status"] for port in outputs}
    for number, each in enumerate(objects, 1):
        own = columns.get((each["contract_id"], each["contract_version"], each["object"]), [])
        status: str = statuses.get((each["port"], each["major"])) or product["status"]
        yield whose.object_entry(each, own, status, number)
        for row in own:
            yield whose.column_entry(row, each, status, number)
    yield from whose.term_entries()


def source_systems(servers: Sequence[Row]) -> list[str]:
    """The operational systems that a product reads itself, by the names of their servers."""
    return sorted({row["server"] for row in servers if row["binding"] == "source" and row["server"]})


def _about(parts: Mapping[str, list[Row]]) -> _About:
    synonyms: dict[str, list[str]] = {}
    for row in parts["synonyms"]:
        if row["synonym"]:
            synonyms.setdefault(row["address"], []).append(row["synonym"])
    links: dict[str, list[Row]] = {}
    for row in parts["authoritative_definitions"]:
        links.setdefault(row["address"], []).append(row)
    return _About(synonyms, links)


@dataclass(frozen=True)
class _Whose:
    """Makes the entries of one product."""

    unit: str
    place: int
    key: ProductKey
    product: Row
    sources: Sequence[str]
    about: _About
    numbering: Numbering

    def product_entry(self, ports: Sequence[Row], objects: Sequence[Row], read: Sequence[Row]) -> Entry:
        row = self.product
        inside = [
            *(port["description"] for port in ports),
            *(
                text
                for each in objects
                for text in (each["object"], each["business_name"], each["description"])
            ),
            *self.sources,
            *(text for each in read for text in (each["name"], each["purpose"])),
        ]
        return self._thing(
            "product",
            row["address"],
            row["name"] or row["product"],
            row["purpose"],
            {
                "name": [*name_words(row["product"]), *_words(row["name"])],
                "text": _words(row["purpose"], row["usage"], row["limitations"], row["team"], row["type"]),
                "context": _words(self.key.domain, row["owner"]),
                "parts": _words(*inside),
            },
            row["status"],
            row["tags"],
            inside=[each["object"] for each in objects[:_INSIDE]],
        )

    def port_entry(self, port: Row, contract: Row | None, objects: Sequence[Row]) -> Entry:
        said = [contract["name"], contract["purpose"], contract["usage"]] if contract else []
        inside = [text for each in objects for text in (each["object"], each["business_name"])]
        return self._thing(
            "port",
            port["address"],
            port["port"],
            port["description"] or (contract or {}).get("purpose"),
            {
                "name": name_words(port["port"]),
                "text": _words(port["description"], *said),
                "context": self._context(),
                "parts": _words(*inside),
            },
            port["status"],
            port["tags"],
            port=port["port"],
        )

    def object_entry(self, row: Row, columns: Sequence[Row], status: str, number: int) -> Entry:
        inside = [
            text for each in columns for text in (each["name"], each["business_name"], each["description"])
        ]
        return self._thing(
            "object",
            row["address"],
            row["object"],
            row["description"],
            {
                "name": [
                    *name_words(row["object"]),
                    *_words(row["business_name"]),
                    *_other(row["table_name"], row["object"]),
                ],
                "text": _words(row["description"], row["granularity"]),
                "context": [*self._context(), *words_of(row["port"])],
                "parts": _words(*inside),
            },
            "deprecated" if row["deprecated"] and status == "active" else status,
            row["tags"],
            number,
            port=row["port"],
            object=row["object"],
            label=row["business_name"],
            inside=[each["name"] for each in columns[:_INSIDE] if each["name"]],
        )

    def column_entry(self, row: Row, of: Row, status: str, number: int) -> Entry:
        status = "deprecated" if row["deprecated"] and status == "active" else status
        classification, tags = row["classification"] or "", row["tags"] or ()
        role = "key" if row["primary_key_position"] or row["path"].lower().endswith("id") else ""
        trait = self.numbering.trait("column", status, classification, tags, role)
        name, more = self._said(row["address"])
        said = (row["description"], row["semantic_type"], row["transform_description"])
        values = (*(row["allowed"] or ())[:50], *(row["examples"] or ())[:10])
        texts = {
            "name": [
                *name_words(row["path"]),
                *_words(row["business_name"]),
                *_other(row["column"], row["name"]),
                *name,
            ],
            "text": [*_words(*said, *tags, *values), *more],
            "context": [*words_of(of["object"]), *_words(of["business_name"], self.product["name"])],
        }
        return _entry(
            self.unit,
            "column",
            texts,
            _filters("column", self.key.domain, self.product, status, tags, self.sources, classification),
            (self.place, trait, number, crc32(row["path"].lower().encode())),
            _source(
                "column",
                row["address"],
                row["path"],
                row["description"],
                port=of["port"],
                object=of["object"],
                label=row["business_name"],
                data_type=row["logical_type"] or row["physical_type"],
            ),
        )

    def term_entries(self) -> Iterator[Entry]:
        """A glossary term for each definition of the business that something here is linked to."""
        terms: dict[str, list[Row]] = {}
        for links in self.about.links.values():
            for link in links:
                if (link["type"] or "").lower() == _GLOSSARY:
                    terms.setdefault(link["url"], []).append(link)
        for url, links in terms.items():
            title = _last(url)
            description = next((link["description"] for link in links if link["description"]), None)
            yield self._thing(
                "term",
                url,
                title,
                description,
                {"name": name_words(title), "text": _words(description), "context": self._context()},
                self.product["status"],
                (),
            )

    def _thing(
        self,
        type: str,
        address: str,
        title: str,
        description: str | None,
        texts: Mapping[str, list[str]],
        status: str,
        tags: Sequence[str] | None,
        number: int = 0,
        **more: Any,
    ) -> Entry:
        tags = tags or ()
        name, text = self._said(address)
        whole = {**texts, "name": [*texts["name"], *name], "text": [*texts["text"], *_words(*tags), *text]}
        return _entry(
            self.unit,
            "thing",
            whole,
            _filters(type, self.key.domain, self.product, status, tags, self.sources),
            (self.place, self.numbering.trait(type, status, "", tags), number, 0),
            _source(type, address, title, description, **more),
        )

    def _context(self) -> list[str]:
        return [*words_of(self.key.product), *_words(self.product["name"]), *words_of(self.key.domain)]

    def _said(self, address: str) -> tuple[list[str], list[str]]:
        """Other names of what has an address, and the words of its definitions."""
        names = _words(*self.about.synonyms.get(address, ()))
        links = self.about.links.get(address, ())
        return names, [
            word for link in links for word in (*_words(link["description"]), *words_of(_last(link["url"])))
        ]


def _filters(
    type: str,
    domain: str,
    product: Row | None,
    status: str | None,
    tags: Collection[str],
    sources: Collection[str] = (),
    classification: str = "",
) -> dict[str, Collection[str]]:
    found: dict[str, Collection[str]] = {"type": (type,), "domain": (domain,), "tag": tags, "source": sources}
    if status:
        found["status"] = (status,)
    if classification:
        found["classification"] = (classification,)
    if product is not None:
        found["owner"] = (product["owner"],) if product["owner"] else ()
        found["product_type"] = (product["type"],) if product["type"] else ()
    return found


def _source(type: str, address: str, title: str, description: str | None, **more: Any) -> dict[str, Any]:
    found = {"type": type, "address": address, "title": title}
    return found | {name: value for name, value in {"description": description, **more}.items() if value}


def _entry(
    unit: str,
    group: str,
    texts: Mapping[str, Sequence[str]],
    filters: Mapping[str, Collection[str]],
    numbers: Numbers,
    source: Mapping[str, Any],
) -> Entry:
    written = json.dumps(source, ensure_ascii=False).encode("utf-8", "backslashreplace")
    meaning = blake2b(meaning_of(source).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
    return Entry(unit, group, texts, filters, numbers, written, meaning)


def meaning_of(source: Mapping[str, Any]) -> str:
    """What the thing of a source means, as a sentence or two."""
    name = source.get("label") or " ".join(words_of(source["title"]))
    inside = ", ".join(" ".join(words_of(each)) for each in source.get("inside", ()))
    of = source.get("object") if source["type"] == "column" else None
    parts = (
        f"{name} of {' '.join(words_of(of))}" if of else name,
        source.get("description"),
        inside,
    )
    return ". ".join(str(part).rstrip(".") for part in parts if part)


def _words(*texts: str | None) -> list[str]:
    return [word for text in texts if text for word in words_of(text)]


def _other(name: str | None, known: str | None) -> list[str]:
    """The words of a second name, where it is another one."""
    return name_words(name) if name and name != known else []


def _last(url: str | None) -> str:
    """The last part of an address of the web, which names what it is about."""
    path = unquote((url or "").partition("?")[0]).rstrip("/")
    return path.rpartition("#")[2].rpartition("/")[2]
