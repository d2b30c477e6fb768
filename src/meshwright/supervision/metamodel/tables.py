"""The tables of the whole mesh: a value, made anew from itself and what has changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.model.external import External
from meshwright.provisioning.collector import collector_paused
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies
from meshwright.provisioning.tables import AppliedProduct, Reading, RecordedPublication
from meshwright.supervision.metamodel.column import array
from meshwright.supervision.metamodel.history import History
from meshwright.supervision.metamodel.levels import Walk
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations import ALL, PARTS, RELATIONS, needed
from meshwright.supervision.metamodel.world import World

_OF = "_product"
"""The column of a segment's tables that says which of its products a row belongs to."""

_FEW = 100
"""Segments of fewer products are put together when there are many of them."""

_MANY = 32


@dataclass(frozen=True)
class _Segment:
    """The rows of some products by relation; a product that is gone leaves a None among `keys`."""

    keys: tuple[ProductKey | None, ...]
    tables: Mapping[str, pa.Table]

    def without(self, gone: Collection[ProductKey]) -> _Segment:
        """The same without the rows of some products."""
        places = [index for index, key in enumerate(self.keys) if key in gone]
        if not places:
            return self
        marks = pa.array(places, pa.int32())
        left = {
            name: table.filter(pc.invert(pc.is_in(table[_OF], value_set=marks)))
            for name, table in self.tables.items()
        }
        return _Segment(tuple(None if key in gone else key for key in self.keys), left)

    def __len__(self) -> int:
        return sum(key is not None for key in self.keys)


@dataclass(frozen=True)
class MeshTables:
    """Tables of an environment by name, as its registry was last read.

    `mesh` is the mesh's name, for addresses. `names` are the relations that are wanted; making few
    costs less. It is a value: readers of an older one are not disturbed.
    """

    mesh: str
    names: frozenset[str] = frozenset(ALL)
    token: tuple[str, str] | None = None  # of the registry's state; None: of none
    versions: Mapping[ProductKey, str] = field(default_factory=dict, repr=False)
    tables: Mapping[str, pa.Table] = field(default_factory=dict, repr=False)
    _segments: tuple[_Segment, ...] = field(default=(), repr=False)
    _domains: Mapping[str, AppliedDomain] = field(default_factory=dict, repr=False)
    _of_domains: _Segment | None = field(default=None, repr=False)
    _history: History = field(default_factory=History, repr=False)
    _publications: Sequence[RecordedPublication] = field(default=(), repr=False)
    _external: External = field(default_factory=dict, repr=False)
    _told: int = 0  # the last fact of it
    _policies: Mapping[str, AppliedPolicies] = field(default_factory=dict, repr=False)

    @property
    def policies(self) -> Mapping[str, AppliedPolicies]:
        """The applied policies by owner; none where no relation that is wanted follows them."""
        return self._policies

    @classmethod
    def empty(cls, mesh: str, names: Collection[str] | None = None) -> MeshTables:
        """Nothing yet; `names` leaves other relations out, but for those that these are made from."""
        return cls(mesh, frozenset(ALL) if names is None else needed(names))

    def refreshed(self, reading: Reading) -> MeshTables:
        """The tables of what the registry holds now; what is known already is not read again."""
        token = reading.token()
        if token == self.token:
            return self
        if self.token is not None and token[0] != self.token[0]:  # a new registry begins anew
            return MeshTables(self.mesh, self.names).refreshed(reading)
        history, publications = self._history, self._publications
        with collector_paused():
            versions, segments = self._read(reading) if self._declared() else (self.versions, ())
            if self._follows("facts"):
                makers = {name: RELATIONS[name].table for name in ("runs", "checks", "facts")}
                wanted = {name: make for name, make in makers.items() if name in self.names}
                history = history.grown(reading.facts(history.last), wanted)
            if self._follows("publications"):
                publications = reading.publications()
            told, external = self._told, self._external
            if self._follows("external"):
                told, newer = reading.external(told)
                external = {**external, **newer} if newer else external
            policies = reading.policies() if self._follows("policies") else {}
            domains = reading.domains() if self._of_domain_relations() else {}
            return replace(
                self,
                token=token,
                versions=versions,
                _segments=segments,
                _domains=domains,
                _of_domains=self._domain_segment(domains),
                _history=history,
                _publications=publications,
                _external=external,
                _told=told,
                _policies=policies,
            )._assembled(self)

    def overlaid(
        self,
        products: Sequence[AppliedProduct] = (),
        removed: Collection[ProductKey] = (),
        domains: Iterable[AppliedDomain] = (),
        policies: Mapping[str, AppliedPolicies | None] | None = None,
    ) -> MeshTables:
        """The tables as they would be with these products and domains applied, and some removed.

        `policies` are those of owners whose policies would be others, None where there would be none.
        """
        changed = {product.key for product in products}
        versions = {key: version for key, version in self.versions.items() if key not in removed}
        versions.update((product.key, product.version) for product in products)
        known = {**self._domains, **{domain.name: domain for domain in domains}}
        demanded = {**self._policies, **(policies or {})}
        with collector_paused():
            return replace(
                self,
                token=None,
                versions=versions,
                _segments=self._with([products] if products else [], changed.union(removed)),
                _domains=known,
                _of_domains=self._domain_segment(known),
                _policies={owner: each for owner, each in demanded.items() if each is not None},
            )._assembled(self)

    @property
    def history(self) -> History:
        """What facts tell; nothing where no relation that is wanted follows them."""
        return self._history

    @property
    def external(self) -> External:
        """What others told of datasets and jobs outside the mesh."""
        return self._external

    # --- inside

    @property
    def _lineage(self) -> bool:
        return not self.names.isdisjoint(PARTS)

    def _declared(self) -> list[Relation]:
        return [relation for name, relation in ALL.items() if name in self.names and relation.declared]

    def _of_domain_relations(self) -> list[Relation]:
        """Declared relations that may hold rows of domains themselves."""
        return [each for each in self._declared() if each.name == "domains" or each.collect is not None]

    def _follows(self, change: Any) -> bool:
        return any(change in ALL[name].follows for name in self.names if not ALL[name].declared)

    def _read(self, reading: Reading) -> tuple[Mapping[ProductKey, str], tuple[_Segment, ...]]:
        """What is applied now, and its rows: all of them at first, later those of what has changed."""
        if not self.versions:
            found: dict[ProductKey, str] = {}
            return found, self._with(_noted(reading.products(lineage=self._lineage), found), ())
        versions = reading.versions()
        changed = [key for key, version in versions.items() if self.versions.get(key) != version]
        gone = self.versions.keys() - versions.keys()
        return versions, self._with(
            reading.products(changed, self._lineage) if changed else (), {*changed, *gone}
        )

    def _with(
        self, batches: Iterable[Sequence[AppliedProduct]], gone: Collection[ProductKey]
    ) -> tuple[_Segment, ...]:
        kept = (segment.without(gone) for segment in self._segments) if gone else self._segments
        segments = [segment for segment in kept if len(segment)]
        segments += (_segment(self._declared(), self.mesh, batch) for batch in batches)
        small = [segment for segment in segments if len(segment) < _FEW]
        if len(small) > _MANY:
            segments = [segment for segment in segments if len(segment) >= _FEW]
            segments.append(_together(small))
        return tuple(segments)

    def _domain_segment(self, domains: Mapping[str, AppliedDomain]) -> _Segment | None:
        if self._of_domains is not None and domains == self._domains:
            return self._of_domains
        walk = Walk(self.mesh, domains=tuple(domains.values()))
        return _Segment((), {each.name: _rows(each, walk) for each in self._of_domain_relations()})

    def _assembled(self, before: MeshTables) -> MeshTables:
        """With `tables`: declared ones are put together without a copy, derived ones made where needed."""
        moved = self._moved(before)
        tables: dict[str, pa.Table] = {}
        parts = [*self._segments, *([self._of_domains] if self._of_domains is not None else [])]
        for relation in self._declared():
            if not moved & {"declarations", "domains"} and relation.name in before.tables:
                tables[relation.name] = before.tables[relation.name]
                continue
            own = [
                part.tables[relation.name].drop_columns([_OF])
                for part in parts
                if relation.name in part.tables
            ]
            tables[relation.name] = pa.concat_tables([relation.schema.empty_table(), *own])

        def table(name: str) -> pa.Table:
            if name not in tables:
                relation = ALL[name]
                make: Callable[[World], Any] | None = relation.derive
                if make is None or (name in before.tables and not moved & relation.follows):
                    tables[name] = before.tables[name]
                else:
                    known = (
                        self._history,
                        self._publications,
                        tuple(self._policies.values()),
                        self._external,
                    )
                    world = World(self.mesh, table, *known)
                    tables[name] = relation.table(make(world))
            return tables[name]

        return replace(self, tables={name: table(name) for name in ALL if name in self.names})

    def _moved(self, before: MeshTables) -> frozenset[str]:
        """What is different since `before`."""
        moved = {
            "declarations": [*map(id, self._segments)] != [*map(id, before._segments)],
            "domains": self._of_domains is not before._of_domains,
            "facts": self._history.last != before._history.last,
            "publications": self._publications != before._publications,
            "external": self._external is not before._external,
            "policies": self._policies != before._policies,
        }
        return frozenset(name for name, is_different in moved.items() if is_different)


def _noted(
    batches: Iterable[Sequence[AppliedProduct]], versions: dict[ProductKey, str]
) -> Iterator[Sequence[AppliedProduct]]:
    for batch in batches:
        versions.update((product.key, product.version) for product in batch)
        yield batch


def _segment(relations: Sequence[Relation], mesh: str, products: Sequence[AppliedProduct]) -> _Segment:
    walk = Walk(mesh, products)
    tables = {relation.name: _rows(relation, walk) for relation in relations}
    return _Segment(tuple(product.key for product in products), tables)


def _rows(relation: Relation, walk: Walk) -> pa.Table:
    """The rows of a declared relation, with the product that each belongs to."""
    if relation.collect is not None:
        rows: dict[str, Any] = dict(relation.collect(walk))
        of = rows.pop(_OF)
    else:
        assert relation.level is not None
        level = relation.level(walk)
        rows = level.rows(relation.columns)
        if relation.compute is not None:
            rows.update(relation.compute(level, rows))
        of = level.get(_OF)
    size = len(of)
    arrays = [array(rows.get(column.name), column.kind, size) for column in relation.columns]
    names = [*relation.schema.names, _OF]
    return pa.Table.from_arrays([*arrays, array(of, "integer", size).cast(pa.int32())], names)


def _together(segments: Sequence[_Segment]) -> _Segment:
    """Segments as one, copied."""
    keys: list[ProductKey | None] = []
    tables: dict[str, list[pa.Table]] = {name: [] for name in segments[0].tables}
    for segment in segments:
        for name, table in segment.tables.items():
            moved = pc.add(table[_OF], pa.scalar(len(keys), pa.int32()))
            tables[name].append(table.set_column(table.num_columns - 1, _OF, moved))
        keys += segment.keys
    joined = {name: pa.concat_tables(each).combine_chunks() for name, each in tables.items()}
    return _Segment(tuple(keys), joined)
