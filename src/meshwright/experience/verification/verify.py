"""Verification of a contract's data where they are, with no mesh around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.errors import InputError, MissingPart
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.custom import measure_custom
from meshwright.experience.contracts.judge import judge_all
from meshwright.experience.positions import finder
from meshwright.experience.verification.parallel import SharedCounts, in_parallel, worth_it
from meshwright.experience.verification.report import Report
from meshwright.model.check import CheckResult, CheckSpec, Measure
from meshwright.model.contract import Contract, ContractObject, Server
from meshwright.model.product import Source
from meshwright.provisioning.ports import (
    Counts,
    CustomEngine,
    Engine,
    Inspection,
    Located,
    Session,
    SourceReader,
)

if TYPE_CHECKING:
    from meshwright.experience.verification.remembered import RememberedMeasures


def choose_server(contract: Contract, name: str | None) -> Server:
    """The server of that name; the only one, where none is named.

    Raises:
        MissingPart: there is no such server, or several to choose from.
    """
    names = [server.name for server in contract.servers]
    if name is None and len(names) == 1:
        return contract.servers[0]
    for server in contract.servers:
        if server.name == name:
            return server
    if not names:
        what, way_out = "the contract names no server", "name the data with --data PATH"
    else:
        what = f"the contract has no server `{name}`" if name else "the contract has several servers"
        way_out = f"use --server {' or --server '.join(names)}"
    raise MissingPart(what, where=contract.file, way_out=way_out)


def choose_objects(contract: Contract, names: Sequence[str] = ()) -> tuple[ContractObject, ...]:
    """The objects of these names; all of the contract's, where none are named.

    Raises:
        InputError: the contract has no objects, or none of such a name.
    """
    known = {obj.name: obj for obj in contract.objects}
    for name in names:
        if name not in known:
            raise InputError(
                f"the contract has no object `{name}`",
                where=contract.file,
                way_out=f"use one of {', '.join(known) or 'none: its schema is empty'}",
            )
    chosen = tuple(known[name] for name in names) or contract.objects
    if not chosen:
        raise InputError(
            "the contract declares no object, so there is nothing to verify",
            where=contract.file,
            way_out="declare the data's structure under `schema`",
        )
    return chosen


def verify_contract(
    source: Source,
    objects: Sequence[ContractObject],
    reader: SourceReader,
    engine: Callable[[], Engine],
    scratch: Path,
    counts: Counts | None = None,
    custom: Callable[[], Mapping[str, CustomEngine]] = dict,
    known: RememberedMeasures | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Judge every check of these objects; rows are read in place, where an engine can do that.

    `scratch` is a folder for rows that have to be fetched first; `counts` remembers what was
    counted in files, `known` all that was found in them: where that says it all, no engine is
    started. `custom` gives the engines of custom rules.

    Raises:
        MeshwrightError: the data cannot be reached or read.
    """
    contract = source.contract
    started, begin = clock(), time.perf_counter()
    specs = compile_contract(contract, [obj.name for obj in objects])
    by_object = {obj.name: [spec for spec in specs if spec.object == obj.name] for obj in objects}
    with ExitStack() as stack:
        if (in_place := reader.inspect(source, objects)) is not None:
            inspection = stack.enter_context(in_place)
            measures = _measured(by_object, inspection, None, counts, custom, scratch)
        else:
            places = {obj.name: reader.locate(source, obj, _folder(scratch)) for obj in objects}
            lasting = known if all(spec.kind != "custom" for spec in specs) else None
            key = lasting.key(contract, places) if lasting else None
            recalled = lasting.recall(key) if lasting and key else None
            if recalled is not None:
                measures = recalled
            else:
                located = {
                    obj.name: places[obj.name] or _fetched(source, obj, reader, scratch) for obj in objects
                }
                session = stack.enter_context(engine().inspection(located.values()))
                for obj in objects:
                    session.offer_located(obj.name, located[obj.name], obj)
                measure = _measured_in_parallel if worth_it(located.values()) else _measured
                measures = measure(by_object, session, session, counts, custom, scratch)
                if lasting and key:
                    lasting.keep(key, measures)
    results = [result for own in by_object.values() for result in judge_all(own, measures, started)]
    return Report(
        contract,
        source.server.name,
        started.isoformat(timespec="seconds"),
        time.perf_counter() - begin,
        tuple(results),
        _lines(contract, results),
    )


def _measured(
    specs: Mapping[str, Sequence[CheckSpec]],
    inspection: Inspection,
    session: Session | None,
    counts: Counts | None,
    custom: Callable[[], Mapping[str, CustomEngine]],
    scratch: Path,
) -> dict[str, Measure]:
    """What all checks find, those of each object by themselves."""
    relations = {name: name for name in specs}
    found: dict[str, Measure] = {}
    for name, own in specs.items():
        found |= inspection.measure(name, own, relations, counts=counts)
        if any(spec.kind == "custom" for spec in own):
            found |= measure_custom(own, session, name, custom(), scratch)
    return found


def _measured_in_parallel(
    specs: Mapping[str, Sequence[CheckSpec]],
    inspection: Inspection,
    session: Session,
    counts: Counts | None,
    custom: Callable[[], Mapping[str, CustomEngine]],
    scratch: Path,
) -> dict[str, Measure]:
    """The same, of some objects at a time; other engines' rules run one after the other."""
    relations = {name: name for name in specs}
    shared = SharedCounts(counts) if counts is not None else None

    def one(own: Session, name: str) -> Mapping[str, Measure]:
        return own.measure(name, specs[name], relations, counts=shared)

    found = {check: value for part in in_parallel(session, list(specs), one) for check, value in part.items()}
    for name, own in specs.items():
        if any(spec.kind == "custom" for spec in own):
            found |= measure_custom(own, session, name, custom(), scratch)
    return found


def _fetched(source: Source, obj: ContractObject, reader: SourceReader, scratch: Path) -> Located:
    """Where the object's rows are once they are here."""
    fetched = reader.extract(source, obj, _folder(scratch))
    return Located("parquet", fetched.files, f"{source.contract.file}: server {source.server.name}")


def _folder(scratch: Path) -> Path:
    """A new folder, for what has to be fetched."""
    folder = scratch / str(len(list(scratch.iterdir())))
    folder.mkdir()
    return folder


def _lines(contract: Contract, results: Sequence[CheckResult]) -> Mapping[str, tuple[int, int]]:
    """Where the rules are that did not pass; a file is read for those only."""
    find = finder(Path())
    wanted = dict.fromkeys(result.spec.path for result in results if result.status != "pass")
    found = {path: find(contract.file, path) for path in wanted}
    return {path: place for path, place in found.items() if place is not None}
