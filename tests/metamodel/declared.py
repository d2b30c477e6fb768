"""Declarations as a registry would give them, without one, and the typed mesh of the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meshwright.experience.load import assemble, load_tree
from meshwright.experience.settings import Settings, read_settings
from meshwright.model.address import ProductKey
from meshwright.model.external import External
from meshwright.model.mesh import Mesh
from meshwright.model.product import Bundle
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies
from meshwright.provisioning.tables import AppliedProduct, RecordedPublication
from meshwright.supervision.metamodel.tables import MeshTables

AT = "2026-01-02T03:04:05.000006Z"


@dataclass
class Kept:
    """A `provisioning.tables.Reading` of values; `asked` holds the keys that were read."""

    bundles: Mapping[ProductKey, Bundle]
    kept_domains: Mapping[str, AppliedDomain] = field(default_factory=dict)
    kept_facts: Sequence[Fact] = ()
    kept_publications: Sequence[RecordedPublication] = ()
    kept_external: External = field(default_factory=dict)
    at_once: int = 2
    identity: str = "one"
    asked: list[ProductKey] = field(default_factory=list)
    lineages: Mapping[ProductKey, str] = field(default_factory=dict)
    kept_policies: Mapping[str, AppliedPolicies] = field(default_factory=dict)

    def token(self) -> tuple[str, str]:
        held = (self.kept_domains, self.kept_facts, self.kept_publications, self.kept_policies)
        return self.identity, repr((self.versions(), *held, self.kept_external))

    def versions(self) -> Mapping[ProductKey, str]:
        return {key: applied(bundle).version for key, bundle in self.bundles.items()}

    def products(
        self, keys: Collection[ProductKey] | None = None, lineage: bool = False
    ) -> Iterator[Sequence[AppliedProduct]]:
        wanted = list(self.bundles if keys is None else keys)
        self.asked += wanted
        for start in range(0, len(wanted), self.at_once):
            yield [
                applied(self.bundles[key], self.lineages.get(key) if lineage else None)
                for key in wanted[start : start + self.at_once]
            ]

    def domains(self) -> Mapping[str, AppliedDomain]:
        return self.kept_domains

    def policies(self) -> Mapping[str, AppliedPolicies]:
        return self.kept_policies

    def facts(self, after: int) -> Iterator[Sequence[Fact]]:
        yield [fact for fact in self.kept_facts if fact.sequence > after]

    def publications(self) -> Sequence[RecordedPublication]:
        return self.kept_publications

    def external(self, after: int) -> tuple[int, External]:
        return len(self.kept_external), self.kept_external


def applied(bundle: Bundle, lineage: str | None = None) -> AppliedProduct:
    status = str(bundle.documents["product.yaml"].get("status") or "active").lower()
    return AppliedProduct(bundle.key, bundle.folder, bundle.digest, bundle.documents, status, AT, lineage)


def settings(name: str = "acme") -> Settings:
    return read_settings({"mesh": name}, "/nowhere", ())


def mesh_of(bundles: Mapping[ProductKey, Bundle], name: str = "acme") -> Mesh:
    return assemble(settings(name), (), bundles.values())


def tables_of(bundles: Mapping[ProductKey, Bundle], name: str = "acme") -> MeshTables:
    return MeshTables.empty(name).refreshed(Kept(bundles))


def rows_of(tables: MeshTables, relation: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tables.tables[relation].to_pylist()
    return found


def bundles_of_tree(root: Path) -> dict[ProductKey, Bundle]:
    return dict(load_tree(root).bundles)


def bundle(key: str, product: Mapping[str, Any], *contracts: Mapping[str, Any], digest: str = "") -> Bundle:
    """A bundle of documents as they stand; nothing judges them."""
    place = ProductKey.parse(key)
    documents = {"product.yaml": {"id": key, **product}}
    documents |= {f"contracts/{number}.yaml": each for number, each in enumerate(contracts)}
    folder = f"domains/{place.domain}/{place.product}"
    return Bundle(place.domain, place.product, folder, digest or repr(documents), documents, {})
