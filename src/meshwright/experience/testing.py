"""Unit tests of transformations: given rows -> expected rows, without touching an environment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from meshwright.errors import InputError, MeshwrightError
from meshwright.experience.models import ProductAnalysis, Read, analyse_product
from meshwright.experience.relations import input_relation
from meshwright.experience.runs.inputs import Inputs
from meshwright.experience.runs.transform import Transformation
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Product
from meshwright.model.types import ANY, ColumnType, column_type
from meshwright.provisioning.ports import Infrastructure, Session

SHOWN = 5
EXPECTED = ":expected"
_WITHHELD = "withheld"
_RELATION = re.compile(r"`mw:(model|input|changes):([^`]+)`")


@dataclass(frozen=True, slots=True)
class UnitTest:
    """One test of one model; `given` maps `port.object` (or `changes(port.object)`) to rows."""

    product: Product
    name: str
    model: str
    given: Mapping[str, Sequence[Mapping[str, Any]]]
    expect: Sequence[Mapping[str, Any]]
    ordered: bool
    file: str


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """What came of one test: rows that were missing, rows that were too many, or an error."""

    test: UnitTest
    missing: tuple[Mapping[str, Any], ...] = ()
    unexpected: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the model returned what was expected."""
        return not (self.missing or self.unexpected or self.error)


def unit_tests(product: Product) -> tuple[UnitTest, ...]:
    """The tests that a product declares in tests/*.yaml."""
    found = []
    for path, document in product.bundle.documents.items():
        if not path.startswith("tests/"):
            continue
        for entry in document.get("tests", [document]):
            found.append(
                UnitTest(
                    product,
                    entry["test"],
                    entry["model"],
                    entry.get("given", {}),
                    entry["expect"],
                    entry.get("ordered", False),
                    f"{product.bundle.folder}/{path}",
                )
            )
    return tuple(found)


def run_tests(
    mesh: Mesh, tests: Sequence[UnitTest], infrastructure: Infrastructure, folder: Path
) -> tuple[TestOutcome, ...]:
    """Run each test in an engine session of its own."""
    outcomes = []
    for index, test in enumerate(tests):
        try:
            with infrastructure.engine.session() as session:
                outcomes.append(_run(mesh, test, session, infrastructure, folder / str(index)))
        except MeshwrightError as error:
            outcomes.append(TestOutcome(test, error=_told(error, test)))
    return tuple(outcomes)


def _told(error: MeshwrightError, test: UnitTest) -> str:
    """An error with the values that an engine's error withholds: a test's rows are its author's own."""
    what, way_out = error.what, error.way_out
    if _WITHHELD in what and error.__cause__ is not None:
        said = str(error.__cause__).strip().split("\n")[0]
        what = f"{what.split(': ')[0]}: {said.partition(' Error: ')[2] or said}"
        way_out = None
    where = error.where or test.file
    if found := _RELATION.fullmatch(f"`{where}`"):
        what, where = f"{what} in {_in_words(found[1], found[2], test)}", test.file
    what = _RELATION.sub(lambda found: _in_words(found[1], found[2], test), what)
    return str(MeshwrightError(what, where=where, why=error.why, way_out=way_out))


def _in_words(kind: str, name: str, test: UnitTest) -> str:
    """What a relation of the session is to the author of a test."""
    if name.endswith(EXPECTED):
        return f"what `{test.model}` is expected to return"
    if kind == "model":
        return f"model `{name.split(':')[0]}`"
    rows = f"`{'.'.join(name.split(':')[:2])}`"
    return f"what is given for {rows}" if kind == "input" else f"what is given for changes({rows})"


def _run(
    mesh: Mesh, test: UnitTest, session: Session, infrastructure: Infrastructure, folder: Path
) -> TestOutcome:
    product = test.product
    analysis = analyse_product(product, mesh)
    analysis.raise_problems()
    model = analysis.models.get(test.model)
    if model is None:
        raise InputError(
            f"there is no model `{test.model}`",
            where=test.file,
            way_out=f"its models are {', '.join(analysis.models)}",
        )
    needed = {
        read
        for name in analysis.needed_for(model.name)
        for read in analysis.models[name].reads.values()
        if read.port is not None
    }
    inputs = _given(mesh, test, needed, session, analysis)
    transformation = Transformation(
        infrastructure, session, product, analysis, inputs, folder, withhold=False
    )
    relation = transformation.relation(model, whole=not any(read.changes for read in needed))
    return _compare(session, relation, test)


def _given(
    mesh: Mesh, test: UnitTest, needed: set[Read], session: Session, analysis: ProductAnalysis
) -> Inputs:
    """Offer the given rows; an input that is not given has none, and `changes` are all rows."""
    inputs = Inputs()
    known = {str(replace(read, changes=changes)) for read in needed for changes in (False, True)}
    unknown = [name for name in test.given if name not in known]
    if unknown:
        raise InputError(
            f"the model does not read `{unknown[0]}`",
            where=test.file,
            way_out=f"it reads {', '.join(sorted(map(str, needed)))}",
        )
    for read in needed:
        name = f"{read.port}.{read.name}"
        columns = _columns(mesh, test.product, read)
        for changes, offered in ((False, inputs.full), (True, inputs.added)):
            key = f"changes({name})" if changes else name
            rows = test.given.get(key, test.given.get(name, ()))
            relation = input_relation(str(read.port), read.name, changes=changes)
            _check_columns(rows, columns, key, test)
            session.offer_rows(relation, rows, columns)
            offered[name] = relation
    return inputs


def _columns(mesh: Mesh, product: Product, read: Read) -> list[tuple[str, ColumnType]]:
    port = product.input(str(read.port))
    target = mesh.resolve(port) if port else None
    contract = target.port.contract if isinstance(target, PortRef) else target
    obj: ContractObject | None = contract.find(read.name) if isinstance(contract, Contract) else None
    if obj is None:
        raise InputError(f"input `{read}` resolves to nothing", way_out="run `mesh validate`")
    kinds = [(prop.column, column_type(prop)) for prop in obj.properties]
    return [(name, ColumnType("string") if kind == ANY else kind) for name, kind in kinds]


def _check_columns(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, ColumnType]], key: str, test: UnitTest
) -> None:
    names = {name for name, _ in columns}
    unknown = sorted({name for row in rows for name in row} - names)
    if unknown:
        raise InputError(
            f"`{key}` has no column `{unknown[0]}`",
            where=test.file,
            way_out=f"its columns are {', '.join(sorted(names))}",
        )


def _compare(session: Session, relation: str, test: UnitTest) -> TestOutcome:
    """Compare the columns that the expected rows name, in the model's types."""
    produced = session.describe(relation)
    names = list(dict.fromkeys(name for row in test.expect for name in row))
    unknown = [name for name in names if name not in produced]
    if unknown:
        return TestOutcome(
            test, error=f"the model returns no column `{unknown[0]}`; it returns {', '.join(produced)}"
        )
    names = names or list(produced)
    wanted_relation = f"{relation}{EXPECTED}"
    session.offer_rows(wanted_relation, test.expect, [(name, produced[name]) for name in names])
    got = [{name: row[name] for name in names} for row in session.rows(relation)]
    wanted = [{name: row[name] for name in names} for row in session.rows(wanted_relation)]
    if test.ordered:
        if got == wanted:
            return TestOutcome(test)
        return TestOutcome(test, tuple(wanted), tuple(got), notes=("the order counts",))
    have, want = Counter(map(_key, got)), Counter(map(_key, wanted))
    missing, unexpected = want - have, have - want
    return TestOutcome(
        test,
        tuple(row for row in wanted if missing[_key(row)])[:SHOWN],
        tuple(row for row in got if unexpected[_key(row)])[:SHOWN],
    )


def _key(row: Mapping[str, Any]) -> str:
    return repr(sorted(row.items()))
