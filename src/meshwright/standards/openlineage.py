"""Runs as OpenLineage events (specification 2-0-2, https://openlineage.io/spec)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from meshwright import __version__
from meshwright.model.address import major_of
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract, ContractObject, Property
from meshwright.model.lineage import ANY, MEANING, ROWS, ObjectLineage, kind_of
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Product

_SPEC = "https://openlineage.io/spec/"
SCHEMA_URL = f"{_SPEC}2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER = f"https://pypi.org/project/meshwright/{__version__}/"

_FACETS = {
    "columnLineage": "facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
    "dataQualityAssertions": (
        "facets/1-1-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet"
    ),
    "errorMessage": "facets/1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet",
    "jobType": "facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet",
    "outputStatistics": (
        "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet"
    ),
    "processing_engine": "facets/1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet",
    "schema": "facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet",
}
"""The schema of each facet that is written."""

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is told of one run that ended: times are ISO 8601 in UTC.

    `rows` are those of each table (`domain.product.object@major`) after a run that published; `error` is
    what one that did not says.
    """

    environment: str
    run: str
    started_at: str
    ended_at: str
    published: bool
    results: Sequence[CheckResult] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


def run_events(
    mesh: Mesh, product: Product, record: RunRecord, lineage: Sequence[ObjectLineage]
) -> tuple[Event, Event]:
    """The two events of a run: START, then COMPLETE or FAIL.

    A dataset is a table: `domain.product.object@major` in the namespace of the mesh (`mesh://NAME`), and
    `source:CONTRACT.object` for a source's. The job is the product in its environment. Column lineage
    has no words for edges that cannot be told: they are written as direct ones that say so.
    """
    namespace = f"mesh://{mesh.name}"
    job = {
        "namespace": f"{namespace}/{record.environment}",
        "name": f"{product.domain}.{product.key.product}",
        "facets": {
            "jobType": _facet("jobType", processingType="BATCH", integration="MESHWRIGHT", jobType="JOB")
        },
    }
    run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{namespace}/{record.environment}/{record.run}"))
    engine = _facet("processing_engine", version=__version__, name="Meshwright")
    inputs = [_dataset(namespace, name, obj) for name, obj in _inputs(mesh, product).values()]
    outputs = [
        _output(mesh, product, port.name, port.major, obj, record, lineage) for port, obj in product.objects()
    ]
    start = {
        "eventType": "START",
        "eventTime": record.started_at,
        "run": {"runId": run_id, "facets": {"processing_engine": engine}},
        "job": job,
        "inputs": inputs,
        "outputs": [{key: output[key] for key in ("namespace", "name")} for output in outputs],
        "producer": PRODUCER,
        "schemaURL": SCHEMA_URL,
    }
    facets = {"processing_engine": engine}
    if record.error is not None:
        said = {"message": record.error, "programmingLanguage": "SQL"}
        facets["errorMessage"] = _facet("errorMessage", **said)
    end = {
        **start,
        "eventType": "COMPLETE" if record.published else "FAIL",
        "eventTime": record.ended_at,
        "run": {"runId": run_id, "facets": facets},
        "outputs": outputs,
    }
    return start, end


def _facet(kind: str, /, **content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": _SPEC + _FACETS[kind], **content}


def _inputs(mesh: Mesh, product: Product) -> dict[tuple[str, str], tuple[str, ContractObject]]:
    """The tables behind input ports, by port and name in data: the name of the dataset, and its object."""
    found = {}
    for port in product.inputs:
        target = mesh.resolve(port)
        contract = target.port.contract if isinstance(target, PortRef) else target
        for obj in contract.objects if contract is not None else ():
            found[port.name, obj.table] = (_name(target, obj), obj)
    return found


def _name(target: PortRef | Contract | None, obj: ContractObject) -> str:
    if isinstance(target, PortRef):
        key = target.product.key
        return f"{key.domain}.{key.product}.{obj.table}@{target.port.major}"
    return f"source:{target.id if target is not None else ''}.{obj.table}"


def _dataset(namespace: str, name: str, obj: ContractObject) -> dict[str, Any]:
    fields = [_field(prop) for prop in obj.properties]
    return {"namespace": namespace, "name": name, "facets": {"schema": _facet("schema", fields=fields)}}


def _field(prop: Property) -> dict[str, Any]:
    found: dict[str, Any] = {"name": prop.column}
    kind = prop.physical_type or prop.logical_type
    if kind:
        found["type"] = kind
    if prop.description:
        found["description"] = prop.description
    if prop.properties:
        found["fields"] = [_field(inner) for inner in prop.properties]
    return found


def _output(
    mesh: Mesh,
    product: Product,
    port: str,
    major: int,
    obj: ContractObject,
    record: RunRecord,
    lineage: Sequence[ObjectLineage],
) -> dict[str, Any]:
    name = f"{product.domain}.{product.key.product}.{obj.table}@{major}"
    dataset = _dataset(f"mesh://{mesh.name}", name, obj)
    for built in lineage:
        if (built.port, built.major, built.object) == (port, major, obj.table):
            dataset["facets"]["columnLineage"] = _column_lineage(mesh, product, built)
    checks = [
        result
        for result in record.results
        if result.spec.object == obj.name
        and result.status in ("pass", "fail")
        and (result.port is None or (result.port, major_of(result.version)) == (port, major))
    ]
    if checks:
        assertions = [_assertion(result) for result in checks]
        dataset["facets"]["dataQualityAssertions"] = _facet("dataQualityAssertions", assertions=assertions)
    rows = record.rows.get(name)
    if rows is not None:
        dataset["outputFacets"] = {"outputStatistics": _facet("outputStatistics", rowCount=rows)}
    return dataset


def _assertion(result: CheckResult) -> dict[str, Any]:
    spec = result.spec
    found: dict[str, Any] = {
        "assertion": spec.kind,
        "success": result.status == "pass",
        "severity": "warn" if spec.severity == "warning" else spec.severity,
        "name": spec.id,
        "expected": result.expected,
        "actual": result.observed,
    }
    if spec.column is not None:
        found["column"] = spec.column
    if spec.description:
        found["description"] = spec.description
    return found


def _column_lineage(mesh: Mesh, product: Product, built: ObjectLineage) -> dict[str, Any]:
    inputs = _inputs(mesh, product)
    fields = {
        column: {"inputFields": _input_fields(mesh, inputs, origins)}
        for column, origins in built.columns.items()
        if column not in (ROWS, ANY)
    }
    everything = _input_fields(mesh, inputs, built.columns.get(ROWS, ()))
    return _facet("columnLineage", fields=fields, **({"dataset": everything} if everything else {}))


def _input_fields(
    mesh: Mesh,
    inputs: Mapping[tuple[str, str], tuple[str, ContractObject]],
    origins: Sequence[tuple[str, str, str, int]],
) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for port, table, source, how in origins:
        known = inputs.get((port, table))
        if known is None or source == ROWS:
            continue
        name, obj = known
        for column in [prop.column for prop in obj.properties] if source == ANY else [source]:
            found.setdefault((name, column), []).extend(_transformations(how))
    return [
        {"namespace": f"mesh://{mesh.name}", "name": name, "field": column, "transformations": made}
        for (name, column), made in found.items()
    ]


def _transformations(how: int) -> Iterator[dict[str, Any]]:
    subtype, masking = MEANING[how]
    if subtype == "unknown":
        text = "it cannot be told whether and how the value is used"
        yield {"type": "DIRECT", "subtype": "TRANSFORMATION", "description": text, "masking": False}
    else:
        yield {"type": kind_of(subtype).upper(), "subtype": subtype.upper(), "masking": masking}
