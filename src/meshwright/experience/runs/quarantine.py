"""Quarantine: a product whose contract allows it publishes the good rows.

Rows that a run adds and that break a check of severity error are put aside, with the ids of the checks
that each of them broke; all checks then run again on what remains. The rows lie in a table of the
product's own that no port serves, sealed and published with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from meshwright.experience.contracts.allowance import Allowance, allowance
from meshwright.experience.contracts.surroundings import relations_of, surroundings
from meshwright.experience.relations import object_relation
from meshwright.experience.runs.build import Builder, data_files
from meshwright.experience.tables import table_columns
from meshwright.model.address import path_segment
from meshwright.model.check import CheckResult, CheckSpec
from meshwright.model.contract import ContractObject, Property
from meshwright.model.operators import satisfied
from meshwright.model.product import OutputPort
from meshwright.model.publication import Candidate, Column, Handle, ObjectKey, Publication
from meshwright.provisioning.ports import Target

PREFIX = "quarantine__"
"""How the name of a table of quarantined rows begins."""


@dataclass(frozen=True, slots=True)
class Built:
    """One object that a run has built; `onto` is what it was added to, None when it stands alone."""

    port: OutputPort
    obj: ContractObject
    candidate: Candidate
    onto: Handle | None
    file: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows of one object that a run put aside: how many of how many, and by the checks they broke."""

    object: str
    table: str
    rows: int
    of: int
    checks: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"table": self.table, "rows": self.rows, "of": self.of, "checks": dict(self.checks)}

    def __str__(self) -> str:
        broke = ", ".join(f"{name} ({rows:,})" for name, rows in self.checks.items())
        noun = "row" if self.of == 1 else "rows"
        return f"{self.rows:,} of {self.of:,} {noun} of {self.object} put into quarantine: {broke}"


@dataclass(frozen=True)
class Sifted:
    """What quarantine came to: objects built anew, tables of broken rows, and why some were left alone."""

    built: tuple[Built, ...]
    tables: tuple[Candidate, ...]
    told: tuple[Quarantined, ...]
    refused: tuple[str, ...]

    @property
    def anew(self) -> tuple[Built, ...]:
        """The objects that were built a second time."""
        keys = {told.object for told in self.told}
        return tuple(one for one in self.built if str(one.candidate.handle.key) in keys)


def quarantine_key(key: ObjectKey) -> ObjectKey:
    """The table of an object's quarantined rows."""
    return ObjectKey(key.product, f"{PREFIX}{path_segment(key.name)}", key.major)


def quarantine_tables(handles: Mapping[ObjectKey, Handle]) -> tuple[Handle, ...]:
    """The tables of quarantined rows among the objects of a publication."""
    return tuple(
        handle for key, handle in handles.items() if key.port is None and key.name.startswith(PREFIX)
    )


def has_quarantine(publication: Publication) -> bool:
    """Whether rows are in quarantine beside a publication."""
    return any(f".{PREFIX}" in name for name in publication.objects)


def kept(built: Sequence[Built], bases: Mapping[ObjectKey, Handle]) -> tuple[Candidate, ...]:
    """The quarantine of earlier runs, for objects that were added to: it belongs to rows still missing."""
    found = []
    for one in built:
        base = bases.get(quarantine_key(one.candidate.handle.key))
        if base is not None and one.onto is not None:
            found.append(Candidate(base, "keep", base))
    return tuple(found)


@dataclass(frozen=True)
class Quarantine:
    """Puts the broken rows of one run aside."""

    builder: Builder

    def sift(
        self,
        built: Sequence[Built],
        results: Mapping[tuple[str, str], Sequence[CheckResult]],
    ) -> Sifted | None:
        """Build the objects that allow it again without their broken rows; None when nothing helps.

        `results` are those of each port, by its name and version. Only rows that the run adds are put
        aside: where one breaks a rule that a published row breaks too, the run fails on the latter.
        """
        again: list[Built] = []
        tables: list[Candidate] = []
        told: list[Quarantined] = []
        refused: list[str] = []
        for one in built:
            failed = [
                result.spec
                for result in results.get((one.port.name, one.port.version), ())
                if result.spec.object == one.obj.name and _of_rows(result)
            ]
            allowed = allowance(one.obj.custom.get("quarantine"))
            found = self._sift(one, failed, allowed) if allowed and failed else None
            if isinstance(found, str):
                refused.append(found)
            if found is None or isinstance(found, str):
                again.append(one)
            else:
                again.append(found[0])
                tables.append(found[1])
                told.append(found[2])
        return Sifted(tuple(again), tuple(tables), tuple(told), tuple(refused)) if told or refused else None

    def _sift(
        self, one: Built, failed: Sequence[CheckSpec], allowed: Allowance
    ) -> tuple[Built, Candidate, Quarantined] | str | None:
        builder, session, key = self.builder, self.builder.session, one.candidate.handle.key
        if not one.candidate.added:
            return None
        around = surroundings(builder.product, builder.context.mesh)
        name = object_relation(one.obj.table, one.port.major)
        added = replace(one.candidate.handle, files=one.candidate.added)
        session.offer(f"{name}:added", added)
        names = _extra_names(added.columns)
        good, broken = f"{name}:good", f"{name}:broken"
        parted = session.offer_parted(
            good, broken, f"{name}:added", name, failed, relations_of(one.port, around), names, builder.run
        )
        if not parted.rows:
            return None
        excess = allowed.excess(parted.rows, added.rows)
        if excess is not None:
            return f"{key}: {excess}"
        table = self._table(one, broken, names)
        columns = session.describe(good)
        anew = replace(builder, part="-good").build(one.port, one.obj, good, columns, one.onto, one.file)
        session.offer(name, anew.handle)
        builder.context.infrastructure.warehouse.delete([file.path for file in data_files([one.candidate])])
        told = Quarantined(str(key), table.handle.key.name, parted.rows, added.rows, parted.checks)
        return replace(one, candidate=anew), table, told

    def _table(self, one: Built, broken: str, names: tuple[str, str]) -> Candidate:
        """Write the broken rows, after those of earlier runs where this one adds to what they built."""
        builder, session = self.builder, self.builder.session
        key = quarantine_key(one.candidate.handle.key)
        last = builder.base_handles.get(key)
        warehouse = builder.context.infrastructure.warehouse
        extra = (
            Property(names[0], "", logical_type="array", items=Property("", "", logical_type="string")),
            Property(names[1], "", logical_type="string"),
        )
        wide = replace(one.obj, properties=(*one.obj.properties, *extra))
        columns = table_columns(
            wide,
            dict(session.describe(broken)),
            last.columns if last else (),
            lambda: warehouse.last_field_id(last.metadata) if last and last.metadata else 0,
        )
        target = Target(
            columns,
            (),
            warehouse.data_prefix(key),
            f"{builder.run}-{key.name}",
            builder.context.file_size,
        )
        files = session.write(broken, target, one.file).files
        if last is None or one.onto is None:
            return Candidate(Handle(key, columns, files), "full", last, files)
        return Candidate(Handle(key, columns, (*last.files, *files)), "append", last, files)


def _of_rows(result: CheckResult) -> bool:
    """Whether the check failed because of too many rows, so that taking them away may help."""
    if result.status != "fail" or result.spec.arguments.get("metric") == "rowCount":
        return False
    if result.spec.kind in ("present", "type", "sql", "service_level", "custom"):
        return False
    return satisfied(result.spec.threshold, 0, result.measure.rows)


def _extra_names(columns: Sequence[Column]) -> tuple[str, str]:
    """Names for the checks that a row broke and for its run, which no column has."""
    taken = {column.name.lower() for column in columns}
    checks, run = "_broken_checks", "_quarantined_by"
    while {checks, run} & taken:
        checks, run = f"_{checks}", f"_{run}"
    return checks, run
