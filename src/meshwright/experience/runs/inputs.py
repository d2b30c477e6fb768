"""Resolving input ports: to publications of products, or to what a source delivers now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from meshwright.errors import DriftError, InputError, MissingPart, Refused
from meshwright.experience.contracts.drift import compare_source
from meshwright.experience.relations import input_relation
from meshwright.experience.runs.compaction import compacted
from meshwright.experience.runs.context import RunContext
from meshwright.experience.tables import partition_fields, table_columns
from meshwright.model.address import ProductKey, path_segment
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.mesh import PortRef
from meshwright.model.product import InputPort, Product, Source
from meshwright.model.publication import (
    Candidate,
    Column,
    Handle,
    ObjectKey,
    Operation,
    PartitionField,
    Publication,
)
from meshwright.model.types import column_type
from meshwright.provisioning.increments import later, parse_lookback
from meshwright.provisioning.ports import Extraction, Increment, Merge, Session, SourceReader, Target
from meshwright.provisioning.registry import Change


@dataclass
class Inputs:
    """What a run reads: filled port by port.

    `publications` and `cursors` go into the publication. `full` maps `port.object` to the
    relation with everything, `added` to the relation with the rows added since the publication
    last consumed; an input that is missing from `added` must be read whole, and one in `updated`
    has rows there that replace others.
    """

    publications: dict[str, str] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    full: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    updated: set[str] = field(default_factory=set)
    landings: list[Candidate] = field(default_factory=list)
    handles: list[Handle] = field(default_factory=list)
    extractions: list[Extraction] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class InputReader:
    """Reads the inputs of one run into one session."""

    context: RunContext
    session: Session
    product: Product
    run: str
    folder: Path
    base: Publication | None
    base_handles: Mapping[ObjectKey, Handle]
    current: Mapping[ProductKey, Publication]
    reached: Callable[[str], None]

    def read(self, used: Mapping[str, frozenset[str]]) -> Inputs:
        """Read every input port; `used` maps a port to the objects that models read from it.

        Raises:
            Refused: an upstream product has nothing published yet.
            DriftError, Unavailable: a source changed, or does not answer.
        """
        inputs = Inputs()
        for port in self.product.inputs:
            target = self.context.mesh.resolve(port)
            if isinstance(target, PortRef):
                self._read_product(port, target, inputs)
            elif isinstance(target, Contract):
                self._read_source(port, target, used.get(port.name, frozenset()), inputs)
            else:
                raise InputError(
                    f"input port `{port.name}` of {self.product.key} resolves to nothing",
                    where=self.product.file,
                    way_out="run `mesh validate` to see why",
                )
        return inputs

    # --- products

    def _read_product(self, port: InputPort, target: PortRef, inputs: Inputs) -> None:
        upstream = target.product.key
        name = str(upstream)
        if target.product.status == "retired":
            successor = target.product.successor
            raise Refused(
                f"input port `{port.name}` of {self.product.key} reads {upstream}, which is retired",
                where=self.product.file,
                way_out=f"read {successor} instead" if successor else f"ask the team of `{upstream.domain}`",
            )
        if name not in inputs.publications:
            if upstream not in self.current:
                raise Refused(
                    f"{self.product.key} reads {upstream}, which has nothing published",
                    way_out=f"run `mesh run {upstream}` first, and look at `mesh status`",
                )
            inputs.publications[name] = self.current[upstream].id
        publication = inputs.publications[name]
        handles = self.context.handles(publication)
        assert target.port.contract is not None
        for obj in target.port.contract.objects:
            key = ObjectKey(upstream, obj.table, target.port.major, target.port.name)
            handle = handles.get(key)
            if handle is None:
                raise Refused(
                    f"{upstream} has not published `{obj.table}@{target.port.major}` yet",
                    way_out=f"run `mesh run {upstream}` first",
                )
            relation = input_relation(port.name, obj.table)
            self.session.offer(relation, handle)
            inputs.full[f"{port.name}.{obj.table}"] = relation
            inputs.handles.append(handle)
            self._follow(port, handle, publication, inputs)

    def _follow(self, port: InputPort, handle: Handle, publication: str, inputs: Inputs) -> None:
        """Offer the rows added since the publication last consumed, where that can be told."""
        last = self.base.inputs.get(str(handle.key.product)) if self.base else None
        if last is None:
            return
        if last == publication:
            changes: tuple[Change, ...] = ()
        else:
            found = self.context.registry.changes(
                self.context.environment.name, handle.key, last, publication
            )
            if found is None or any(change.operation not in ("append", "keep") for change in found):
                return
            changes = found
        files = tuple(file for change in changes for file in change.added)
        relation = input_relation(port.name, handle.key.name, changes=True)
        self.session.offer(relation, Handle(handle.key, handle.columns, files))
        inputs.added[f"{port.name}.{handle.key.name}"] = relation

    # --- sources

    def _read_source(self, port: InputPort, contract: Contract, used: frozenset[str], inputs: Inputs) -> None:
        source = choose_server(contract, self.context.environment.name)
        reader = self.context.infrastructure.readers.get(source.server.type)
        if reader is None:
            raise MissingPart(
                f"no reader for server type `{source.server.type}`",
                where=contract.file,
                why=f"this installation reads {', '.join(sorted(self.context.infrastructure.readers))}",
                way_out="use a server of one of these types for this environment",
            )
        objects = [obj for obj in contract.objects if obj.table in used or obj.name in used]
        if not objects:
            return
        with reader.reading(source) as opened:
            for obj in objects:
                self._read_object(port, opened, source, obj, inputs)

    def _read_object(
        self, port: InputPort, reader: SourceReader, source: Source, obj: ContractObject, inputs: Inputs
    ) -> None:
        found = reader.describe(source, obj)
        self.reached("described")
        differences = compare_source(obj, found)
        broken = [difference for difference in differences if difference.breaking]
        if broken:
            raise DriftError(
                f"source `{port.name}.{obj.table}` no longer matches its contract: "
                + "; ".join(difference.message for difference in broken),
                where=source.contract.file,
                way_out="agree with the source's owner on a new contract version, or on the old data",
            )
        inputs.warnings += [difference.message for difference in differences]
        cursor = obj.custom.get("cursor")
        if cursor is None:
            extraction = reader.extract(source, obj, self._folder(port, obj))
            self._offer_extraction(port, obj, extraction, inputs)
        else:
            self._land(port, reader, source, obj, str(cursor), inputs)

    def _folder(self, port: InputPort, obj: ContractObject) -> Path:
        folder = self.folder / f"{port.name}.{path_segment(obj.table)}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _offer_extraction(
        self, port: InputPort, obj: ContractObject, extraction: Extraction, inputs: Inputs
    ) -> None:
        self.reached("extracted")
        relation = input_relation(port.name, obj.table)
        columns = [(prop.column, column_type(prop)) for prop in obj.properties]
        self.session.offer_files(relation, extraction.files, columns)
        inputs.full[f"{port.name}.{obj.table}"] = relation
        inputs.extractions.append(extraction)

    def _land(
        self,
        port: InputPort,
        reader: SourceReader,
        source: Source,
        obj: ContractObject,
        cursor: str,
        inputs: Inputs,
    ) -> None:
        """Add what is new at an incremental source to everything it has delivered so far."""
        contract = source.contract
        name = f"{port.name}.{obj.table}"
        landing = f"landing__{port.name}__{path_segment(obj.table)}"
        key = ObjectKey(self.product.key, landing, contract.major)
        keys = [prop.column for prop in obj.primary_key]
        followed = f"{name} {_identity(contract, cursor, keys, partition_fields(obj))}"
        base = self._base_of_landing(key, followed, inputs, name)
        columns = table_columns(obj, {}, base.columns if base else (), lambda: self._last_field_id(base))
        if base is not None and _column_changed(columns, base.columns):
            inputs.warnings.append(f"{name}: a column has another type, so everything is read again")
            base = None
        since = self.base.cursors.get(followed) if self.base and base else None
        increment = Increment(cursor, since or None, parse_lookback(obj.custom.get("lookback", 0)))
        extraction = reader.extract(source, obj, self._folder(port, obj), increment)
        self._offer_extraction(port, obj, extraction, inputs)
        kind = column_type(obj.find(cursor) or obj.properties[0])
        inputs.cursors[followed] = later(since or None, extraction.cursor, kind) or ""
        raw = inputs.full[name]
        self._must_be_there(raw, [cursor, *keys], name, contract)
        if keys:
            self.session.offer_latest(f"{raw}:latest", raw, keys, cursor)
            raw = f"{raw}:latest"
        size = self.context.file_size
        target = Target(columns, partition_fields(obj), self._data(key), self.run, size)
        candidate = self._landed(key, base, raw, keys, cursor, target)
        inputs.handles.append(candidate.handle)
        self.session.offer(inputs.full[name], candidate.handle)
        if base is not None:
            relation = input_relation(port.name, obj.table, changes=True)
            self.session.offer(relation, Handle(key, columns, candidate.added))
            inputs.added[name] = relation
            if candidate.removed:
                inputs.updated.add(name)
        inputs.landings.append(compacted(candidate, self.session, target, self.reached))
        self.reached("landed")

    def _base_of_landing(self, key: ObjectKey, followed: str, inputs: Inputs, name: str) -> Handle | None:
        """What was delivered so far, if it is of the same source, cursor, key and partitions."""
        base = self.base_handles.get(key)
        if base is None or self.base is None or followed in self.base.cursors:
            return base
        inputs.warnings.append(
            f"{name}: the source, its cursor or key has changed, so everything is read again"
        )
        return None

    def _must_be_there(self, relation: str, columns: list[str], name: str, contract: Contract) -> None:
        """Refuse rows without a cursor or key: they could not be followed.

        Raises:
            DriftError: there are some.
        """
        for column in columns:
            counted = f"{relation}:nulls"
            quoted = column.replace('"', '""')
            sql = f'SELECT count(*) AS n FROM "{relation}" WHERE "{quoted}" IS NULL'  # noqa: S608
            self.session.offer_query(counted, sql, name)
            count = self.session.rows(counted)[0]["n"]
            if count:
                raise DriftError(
                    f"source `{name}`: column `{column}` is null in {count} row{'s' if count > 1 else ''}",
                    where=contract.file,
                    why="rows of an incremental source are found by their cursor and told apart by their key",
                    way_out="have the source fill the column, or read it in full (without `cursor`)",
                )

    def _landed(
        self, key: ObjectKey, base: Handle | None, raw: str, keys: list[str], cursor: str, target: Target
    ) -> Candidate:
        where = str(key)
        if base is None:
            written = self.session.write(raw, target, where)
            handle = Handle(key, target.columns, written.files, target.partitions)
            return Candidate(handle, "full", self.base_handles.get(key), written.files)
        before = replace(base, columns=target.columns)  # a column that is new is null in old rows
        self.session.offer(f"{raw}:before", before)
        fresh = f"{raw}:fresh"
        self.session.offer_fresh(fresh, raw, f"{raw}:before", cursor)
        if keys:
            merged = self.session.merge(before, fresh, keys, target, where)
        else:
            merged = Merge(self.session.write(fresh, target, where).files, (), ())
        if not merged.added and base.columns == target.columns:
            return Candidate(base, "keep", base)
        kept = tuple(file for file in base.files if file not in merged.removed)
        handle = Handle(key, target.columns, (*kept, *merged.rewritten, *merged.added), target.partitions)
        operation: Operation = "rewrite" if merged.removed else "append"
        return Candidate(handle, operation, base, merged.added, merged.removed, merged.rewritten)

    def _data(self, key: ObjectKey) -> str:
        return self.context.infrastructure.warehouse.data_prefix(key)

    def _last_field_id(self, base: Handle | None) -> int:
        if base is None or base.metadata is None:
            return 0
        return self.context.infrastructure.warehouse.last_field_id(base.metadata)


def choose_server(contract: Contract, environment: str) -> Source:
    """The server of a source for an environment: the one that names it, else one that names none.

    Raises:
        MissingPart: there is no such server.
    """
    exact = [server for server in contract.servers if server.environment == environment]
    general = [server for server in contract.servers if server.environment is None]
    for server in (*exact, *general):
        return Source(contract, server)
    known = ", ".join(sorted({str(server.environment) for server in contract.servers})) or "none"
    raise MissingPart(
        f"source contract `{contract.id}` has no server for environment `{environment}`",
        where=contract.file,
        why=f"its servers are for: {known}",
        way_out=f"add a server with `environment: {environment}`, or one without an environment",
    )


def _identity(
    contract: Contract, cursor: str, keys: Sequence[str], partitions: Sequence[PartitionField]
) -> str:
    """What a landing belongs to: another source, cursor, key or partitioning starts a new one."""
    parts = [contract.id, cursor, list(keys), [(part.column, part.transform) for part in partitions]]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _column_changed(new: Sequence[Column], old: Sequence[Column]) -> bool:
    """Whether a column is there under its old name with a type that old files cannot be read as."""
    ids = {column.name: column.field_id for column in old}
    return any(ids.get(column.name, column.field_id) != column.field_id for column in new)
