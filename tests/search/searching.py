"""Meshes of values, searched through indexes in real folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.metamodel.declared import Kept, bundle

from meshwright.model.product import Bundle
from meshwright.provisioning.ports import SearchIndex
from meshwright.provisioning.registry import AppliedDomain
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.search.answer import Answer
from meshwright.supervision.search.documents import RELATIONS
from meshwright.supervision.search.question import Question
from meshwright.supervision.search.renewal import Renewal, renew
from meshwright.supervision.search.search import MeshSearch
from meshwright.wiring import search_index

MESH = "acme"


def product(
    key: str,
    objects: Mapping[str, Sequence[Any]],
    reads: str | None = None,
    about: Mapping[str, Any] | None = None,
    schema: Mapping[str, Any] | None = None,
    **more: Any,
) -> Bundle:
    """A product whose port `out` serves objects of columns (names, or whole properties)."""
    documents = {
        "status": "active",
        "outputPorts": [{"name": "out", "version": "1.0.0", "contractId": key, **(about or {})}],
        "inputPorts": [{"name": "up", "contractId": reads}] if reads else [],
        **more,
    }
    parts = [
        {
            "name": name,
            "properties": [{"name": c} if isinstance(c, str) else c for c in columns],
            **(schema or {}),
        }
        for name, columns in objects.items()
    ]
    contract = {"apiVersion": "v3.2.0", "id": key, "version": "1.0.0", "schema": parts}
    return bundle(key, documents, contract)


def kept(bundles: Iterable[Bundle], domains: Mapping[str, str] | None = None, at_once: int = 50) -> Kept:
    """A registry's state with these products, and domains with descriptions."""
    known = {each.key: each for each in bundles}
    applied = {
        name: AppliedDomain(name, text, {"domain": name, "description": text}, "here")
        for name, text in (domains or {}).items()
    }
    return Kept(known, applied, at_once=at_once)


def tables(reading: Kept) -> MeshTables:
    """The tables that search is made from."""
    return MeshTables.empty(MESH, RELATIONS).refreshed(reading)


class Searched:
    """An index in a folder, and questions to it."""

    def __init__(self, folder: Path, bundles: Iterable[Bundle] = (), **more: Any) -> None:
        self.folder = folder
        self.index: SearchIndex = search_index(folder)
        self.renewal = self.renew(bundles, **more)

    def renew(self, bundles: Iterable[Bundle], **more: Any) -> Renewal:
        """Make the index that of these products."""
        return renew(self.index, tables(kept(bundles, **more)))

    def ask(self, text: str, limit: int = 20, typing: bool = False, **filters: Sequence[str]) -> Answer:
        """The answer to a question."""
        return MeshSearch(self.index, MESH).ask(Question(text, filters, limit, typing=typing))

    def titles(self, text: str, **more: Any) -> list[str]:
        """What is found, by title."""
        return [each.title for each in self.ask(text, **more).found]

    def places(self, text: str, **more: Any) -> list[str]:
        """What is found, by address without the mesh."""
        return [each.address.removeprefix(f"mesh://{MESH}/") for each in self.ask(text, **more).found]
