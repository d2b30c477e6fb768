"""OpenLineage events from outside, judged by the standard (specification 2-0-2, https://openlineage.io/spec).

What is used here is checked field by field; facets that are not are objects that say by whom and after which
schema they are, and are kept as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from meshwright.errors import InputError
from meshwright.model.external import ToldDataset, ToldEvent

MAX_DATASETS = 500
"""Datasets of one event, inputs and outputs together."""

MAX_COLUMN_EDGES = 50_000
"""Pairs of columns in the column lineage of one event."""

_TOLD = 20
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z")
_PASSWORD = re.compile(r"(://[^/\s:@\"]*):[^/\s@\"]+@")


def _uri(text: str) -> str:
    if not _URI.match(text):
        raise ValueError("it is no URI")
    return text


Uri = Annotated[str, AfterValidator(_uri)]
Name = Annotated[str, Field(min_length=1, max_length=2000)]


class _Part(BaseModel):
    """Any part of an event: what is not known of it is kept."""

    model_config = ConfigDict(extra="allow", strict=True)


class _Facet(_Part):
    producer: Uri = Field(alias="_producer")
    schema_url: Uri = Field(alias="_schemaURL")
    deleted: bool | None = Field(None, alias="_deleted")


class _Transformation(_Part):
    type: Literal["DIRECT", "INDIRECT"]
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class _InputField(_Part):
    namespace: Name
    name: Name
    field: Name
    transformations: list[_Transformation] | None = None


class _Fields(_Part):
    input_fields: list[_InputField] = Field(alias="inputFields")
    transformation_type: str | None = Field(None, alias="transformationType")


class _ColumnLineage(_Facet):
    fields: dict[str, _Fields]
    dataset: list[_InputField] | None = None


class _SchemaField(_Part):
    name: Name
    type: str | None = None
    description: str | None = None
    fields: list[_SchemaField] | None = None


class _Schema(_Facet):
    fields: list[_SchemaField] | None = None


class _Assertion(_Part):
    assertion: str
    success: bool
    column: str | None = None
    severity: str | None = None
    name: str | None = None
    expected: str | None = None
    actual: str | None = None


class _Assertions(_Facet):
    assertions: list[_Assertion]


class _Identifier(_Part):
    namespace: Name
    name: Name
    type: str


class _Symlinks(_Facet):
    identifiers: list[_Identifier] | None = None


class _Documentation(_Facet):
    description: str


_FACETS: Mapping[str, TypeAdapter[Any]] = {
    "columnLineage": TypeAdapter(_ColumnLineage),
    "schema": TypeAdapter(_Schema),
    "dataQualityAssertions": TypeAdapter(_Assertions),
    "symlinks": TypeAdapter(_Symlinks),
    "documentation": TypeAdapter(_Documentation),
}
"""The facets whose content is used; a facet that is taken back has none."""

_ANY_FACET = TypeAdapter(_Facet)

Facets = dict[str, Any]


class _Dataset(_Part):
    namespace: Name
    name: Name
    facets: Facets | None = None


class _Input(_Dataset):
    input_facets: Facets | None = Field(None, alias="inputFacets")


class _Output(_Dataset):
    output_facets: Facets | None = Field(None, alias="outputFacets")


class _Job(_Part):
    namespace: Name
    name: Name
    facets: Facets | None = None


def _uuid(text: str) -> str:
    return str(UUID(text))


class _Run(_Part):
    run_id: Annotated[str, AfterValidator(_uuid)] = Field(alias="runId")
    facets: Facets | None = None


class _Event(_Part):
    event_time: AwareDatetime = Field(alias="eventTime", strict=False)
    producer: Uri
    schema_url: Uri = Field(alias="schemaURL")


EventType = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]


class JobEvent(_Event):
    """What a job reads and writes, whether it runs or not."""

    job: _Job
    inputs: list[_Input] | None = None
    outputs: list[_Output] | None = None


class RunEvent(JobEvent):
    """One step of a run of a job."""

    event_type: EventType | None = Field(None, alias="eventType")
    run: _Run


class DatasetEvent(_Event):
    """What is known of a dataset."""

    dataset: _Dataset


def read_event(value: Any) -> ToldEvent:
    """An event of any of the three kinds; passwords in URLs are taken out of it.

    Raises:
        InputError: the standard does not allow it, or it is larger than what is taken; says where and why.
    """
    if not isinstance(value, dict):
        raise InputError("an OpenLineage event is a JSON object", way_out="post one event at a time")
    kind: type[_Event] = RunEvent if "run" in value else JobEvent if "job" in value else DatasetEvent
    try:
        clean = without_passwords(value)
        event = kind.model_validate(clean)
        problems = list(_problems_of_facets(clean))
    except ValidationError as error:
        raise _refused(kind, [_problem(each, ()) for each in error.errors(include_url=False)]) from None
    except RecursionError:
        raise _refused(kind, ["it is nested too deeply"]) from None
    if problems:
        raise _refused(kind, problems)
    told = _told(event)
    if len(told.inputs) + len(told.outputs) > MAX_DATASETS:
        raise _refused(kind, [f"it names more than {MAX_DATASETS} datasets"])
    if sum(map(_edges, told.outputs)) > MAX_COLUMN_EDGES:
        raise _refused(kind, [f"it has more than {MAX_COLUMN_EDGES:,} edges between columns"])
    return told


def without_passwords(value: Any) -> Any:
    """Plain data with the passwords of URLs taken out.

    >>> without_passwords({"uri": "postgres://ada:secret@db/x"})
    {'uri': 'postgres://ada@db/x'}
    """
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1@", value) if "@" in value else value
    if isinstance(value, list):
        return [without_passwords(each) for each in value]
    if isinstance(value, dict):
        return {without_passwords(key): without_passwords(each) for key, each in value.items()}
    return value


def _refused(kind: type[_Event], problems: Sequence[str]) -> InputError:
    shown = problems[:_TOLD]
    more = f"; and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
    return InputError(
        f"this is no {kind.__name__} of OpenLineage",
        why="; ".join(shown) + more,
        way_out="see https://openlineage.io/spec/2-0-2/OpenLineage.json",
    )


def _problem(error: Mapping[str, Any], where: Sequence[Any]) -> str:
    place = ".".join(str(part) for part in (*where, *error["loc"]))
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{place or 'the event'}: {message[:1].lower()}{message[1:]}"


_HOLDERS = ("facets", "inputFacets", "outputFacets")


def _problems_of_facets(event: Mapping[str, Any]) -> Iterator[str]:
    places: list[tuple[tuple[Any, ...], Any]] = [
        ((name,), event.get(name)) for name in ("run", "job", "dataset")
    ]
    for side in ("inputs", "outputs"):
        places += (((side, index), each) for index, each in enumerate(event.get(side) or ()))
    for place, holder in places:
        for name in _HOLDERS if isinstance(holder, dict) else ():
            for facet, content in (holder.get(name) or {}).items():
                taken_back = isinstance(content, dict) and content.get("_deleted") is True
                known = _ANY_FACET if taken_back else _FACETS.get(facet, _ANY_FACET)
                try:
                    known.validate_python(content)
                except ValidationError as error:
                    where = (*place, name, facet)
                    yield from (_problem(each, where) for each in error.errors(include_url=False))


def _told(event: _Event) -> ToldEvent:
    at = _utc(event.event_time)
    if isinstance(event, DatasetEvent):
        return ToldEvent("dataset", at, event.producer, outputs=[_dataset(event.dataset)])
    assert isinstance(event, JobEvent)
    run = event if isinstance(event, RunEvent) else None
    return ToldEvent(
        kind="run" if run else "job",
        at=at,
        producer=event.producer,
        type=run.event_type if run else None,
        run=run.run.run_id if run else None,
        job=(event.job.namespace, event.job.name),
        job_facets=event.job.facets or {},
        inputs=[_dataset(each, each.input_facets) for each in event.inputs or ()],
        outputs=[_dataset(each, each.output_facets) for each in event.outputs or ()],
    )


def _dataset(dataset: _Dataset, more: Facets | None = None) -> ToldDataset:
    return ToldDataset(dataset.namespace, dataset.name, {**(dataset.facets or {}), **(more or {})})


def _edges(dataset: ToldDataset) -> int:
    facet = dataset.facets.get("columnLineage") or {}
    fields = (facet.get("fields") or {}).values()
    return sum(len(each["inputFields"]) for each in fields) + len(facet.get("dataset") or ())


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
