"""From what a model returns to the candidate of one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from meshwright.errors import BuildError
from meshwright.experience.runs.compaction import compacted
from meshwright.experience.runs.context import RunContext
from meshwright.experience.tables import partition_fields, table_columns
from meshwright.model.contract import ContractObject
from meshwright.model.product import Materialization, OutputPort, Product
from meshwright.model.publication import Candidate, Column, DataFile, Handle, ObjectKey, Operation
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Session, Target


@dataclass(frozen=True)
class Builder:
    """Builds the candidates of one run."""

    context: RunContext
    session: Session
    product: Product
    run: str
    base_handles: Mapping[ObjectKey, Handle]
    part: str = ""  # of the names of files, where an object is built a second time

    def base_of(self, port: OutputPort, obj: ContractObject) -> Handle | None:
        """The object in the publication that the run builds on."""
        return self.base_handles.get(ObjectKey(self.product.key, obj.table, port.major, port.name))

    def appends_to(self, port: OutputPort, obj: ContractObject) -> Handle | None:
        """The base that this build can add to; None when the object is built from nothing.

        That is the case when there is none, or its columns, key or partitions are no longer those
        that the contract asks for.
        """
        base = self.base_of(port, obj)
        if base is None or port.materialization(obj) == "full" or base.partitions != partition_fields(obj):
            return None
        declared = self._columns(obj, base, {column.name: column.type for column in base.columns})
        ids = {column.name: column.field_id for column in base.columns}
        moved = any(ids.get(column.name, column.field_id) != column.field_id for column in declared)
        return None if moved else base

    def build(
        self,
        port: OutputPort,
        obj: ContractObject,
        relation: str,
        produced: Mapping[str, ColumnType],
        base: Handle | None,
        where: str,
    ) -> Candidate:
        """Write a relation with columns `produced` as the object; onto `base` when there is one.

        Raises:
            BuildError: the model lacks a column of the contract, has one too many, or one of another type.
        """
        known = base or self.base_of(port, obj)
        columns = self._columns(obj, known, produced)
        self._same_names(obj, columns, produced, where)
        key = ObjectKey(self.product.key, obj.table, port.major, port.name)
        target = Target(
            columns,
            partition_fields(obj),
            self.context.infrastructure.warehouse.data_prefix(key),
            f"{self.run}-{obj.table}{self.part}",
            self.context.file_size,
        )
        how: Materialization = port.materialization(obj) if base else "full"
        match how:
            case "append":
                assert base is not None
                added = self.session.write(relation, target, where).files
                handle = Handle(key, columns, (*base.files, *added), target.partitions)
                candidate = Candidate(handle, "append" if added else "keep", base, added)
            case "merge":
                candidate = self._merged(obj, relation, base, key, target, where)
            case _:
                added = self.session.write(relation, target, where).files
                candidate = Candidate(
                    Handle(key, columns, added, target.partitions), "full", self.base_of(port, obj), added
                )
        self.context.listener("written", self.product.key)
        return self._settled(compacted(candidate, self.session, target, self._reached))

    def _columns(
        self, obj: ContractObject, base: Handle | None, produced: Mapping[str, ColumnType]
    ) -> tuple[Column, ...]:
        warehouse = self.context.infrastructure.warehouse
        return table_columns(
            obj,
            produced,
            base.columns if base else (),
            lambda: warehouse.last_field_id(base.metadata) if base and base.metadata else 0,
        )

    def _same_names(
        self, obj: ContractObject, columns: Sequence[Column], produced: Mapping[str, ColumnType], where: str
    ) -> None:
        missing = [column.name for column in columns if column.name not in produced]
        declared = {column.name for column in columns}
        extra = [name for name in produced if name not in declared]
        if missing:
            raise BuildError(
                f"the model does not return {_names(missing)} of `{obj.name}`",
                where=where,
                why=f"it returns {', '.join(produced)}",
                way_out="select the missing columns, or take them out of the contract",
            )
        if extra:
            raise BuildError(
                f"the model returns {_names(extra)}, which `{obj.name}` does not declare",
                where=where,
                way_out="declare the columns in the contract, or do not select them",
            )

    def _merged(
        self,
        obj: ContractObject,
        relation: str,
        base: Handle | None,
        key: ObjectKey,
        target: Target,
        where: str,
    ) -> Candidate:
        assert base is not None
        names = [prop.column for prop in obj.primary_key]
        merged = self.session.merge(base, relation, names, target, where)
        gone = {file.path for file in merged.removed}
        kept = tuple(file for file in base.files if file.path not in gone)
        files = (*kept, *merged.rewritten, *merged.added)
        handle = Handle(key, target.columns, files, target.partitions)
        operation: Operation = "rewrite" if gone else ("append" if merged.added else "keep")
        return Candidate(handle, operation, base, merged.added, merged.removed, merged.rewritten)

    def _reached(self, step: str) -> None:
        self.context.listener(step, self.product.key)

    def _settled(self, candidate: Candidate) -> Candidate:
        """`keep` only where the table's description stays as it is, too."""
        base = candidate.base
        if candidate.operation != "keep" or base is None:
            return candidate
        if base.columns == candidate.handle.columns:
            return replace(candidate, handle=base)
        return replace(candidate, operation="append")


def data_files(candidates: Sequence[Candidate]) -> tuple[DataFile, ...]:
    """All files that a run wrote."""
    return tuple(file for c in candidates for file in (*c.added, *c.compacted))


def _names(names: Sequence[str]) -> str:
    noun = "column" if len(names) == 1 else "columns"
    return f"{noun} {', '.join(f'`{name}`' for name in names)}"
