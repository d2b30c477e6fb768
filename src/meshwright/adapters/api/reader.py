"""Reads objects of an HTTP API that answers JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import duckdb

from meshwright.adapters.api.client import ApiClient, shown
from meshwright.adapters.api.paging import Digits, pages
from meshwright.adapters.api.settings import ApiSettings, api_settings
from meshwright.adapters.extraction.connection import guarded_connection, scratch_folder
from meshwright.adapters.extraction.drift import require_columns
from meshwright.adapters.extraction.fitting import JSON
from meshwright.adapters.extraction.place import place
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.writing import Part, Writer, cursor_property, write_failure
from meshwright.errors import MeshwrightError, Unavailable
from meshwright.model.contract import ContractObject
from meshwright.model.product import Source
from meshwright.model.types import ANY, ColumnType, column_type
from meshwright.provisioning.increments import lower_bound
from meshwright.provisioning.ports import Extraction, Increment, Located, Secrets, SourceCapabilities
from meshwright.sql.duckdb_errors import without_values


class ApiReader:
    """Reads page by page into a file, then in the contract's types; memory holds one page.

    A record may leave out what the contract does not require.
    """

    capabilities = SourceCapabilities(typed=False, incremental=True)

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str],
        secrets: Secrets,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._environ = environ
        self._secrets = secrets
        self._sleep = sleep

    def reading(self, source: Source) -> AbstractContextManager[ApiReader]:
        """The reader as it is: each read asks anew."""
        return nullcontext(self)

    def describe(self, source: Source, obj: ContractObject) -> Mapping[str, ColumnType]:
        """The keys on the first page, and what the contract does not require; all are `any`.

        Raises:
            Unavailable: the API does not answer.
            DriftError: there is nothing for the object.
        """
        where = place(source, obj)
        with self._client(source, obj) as (client, settings):
            first = next(pages(client, settings, {}, where))
        return _columns(obj, {key for item in first for key in item}, bool(first))

    def inspect(self, source: Source, objects: Sequence[ContractObject]) -> None:
        """An engine judges the rows."""

    def locate(self, source: Source, obj: ContractObject, folder: Path) -> Located:
        """All items, as they came, in a file in `folder`.

        Raises:
            Unavailable: the API failed on the way, or `folder` cannot be written.
        """
        where = place(source, obj)
        staged = folder / "items.jsonl"
        with self._client(source, obj) as (client, settings):
            try:
                _stage(pages(client, settings, {}, where), obj, staged, _as_it_came)
            except OSError as error:
                raise write_failure(error, folder, where) or error from None
        return Located("jsonl", (str(staged),), where)

    def extract(
        self, source: Source, obj: ContractObject, folder: Path, increment: Increment | None = None
    ) -> Extraction:
        """Write the object's rows as one Parquet file into `folder`.

        Raises:
            Unavailable: the API failed on the way, or `folder` cannot be written.
            DriftError: keys are missing, or values do not fit the contract's types.
        """
        where = place(source, obj)
        with scratch_folder(folder) as scratch:
            staged = scratch / "items.jsonl"
            with self._client(source, obj) as (client, settings):
                since = _since(obj, settings, increment, where)
                try:
                    keys, count = _stage(pages(client, settings, since, where), obj, staged, _exact)
                except OSError as error:
                    raise write_failure(error, folder, where) or error from None
            require_columns(obj, tuple(_columns(obj, keys, count > 0)), where)
            with guarded_connection((), scratch) as connection:
                names = [prop.column for prop in obj.properties]
                columns = ", ".join(f"{literal(name)}: 'JSON'" for name in names)
                options = f"format = 'newline_delimited', columns = {{{columns}}}"
                relation = f"read_json({literal(str(staged))}, {options})"
                part = Part(relation, dict.fromkeys(names, JSON), shown(settings.url))
                writer = Writer(connection, obj, folder, scratch, where, lambda error: _explain(error, where))
                return writer.write([part], increment)

    @contextmanager
    def _client(self, source: Source, obj: ContractObject) -> Iterator[tuple[ApiClient, ApiSettings]]:
        settings = api_settings(source, obj, self._environ)
        server = source.server.name
        client = ApiClient(settings, server, self._secrets(server), place(source, obj), self._sleep)
        try:
            yield client, settings
        finally:
            client.close()


def _since(
    obj: ContractObject, settings: ApiSettings, increment: Increment | None, where: str
) -> dict[str, str]:
    """The lower bound as the parameter `since_param`, where the API has one."""
    if increment is None:
        return {}
    bound = lower_bound(increment, column_type(cursor_property(obj, increment, where)))
    return {settings.since_param: bound} if settings.since_param and bound is not None else {}


def _stage(
    read: Iterator[list[dict[str, object]]],
    obj: ContractObject,
    staged: Path,
    write: Callable[[dict[str, object]], str],
) -> tuple[set[str], int]:
    """Write the contract's keys of every item to a file; returns all keys seen, and the items."""
    wanted = {prop.column for prop in obj.properties}
    keys: set[str] = set()
    count = 0
    with staged.open("wb") as output:
        for items in read:
            for item in items:
                keys.update(item)
                kept = {name: value for name, value in item.items() if name in wanted}
                output.write(write(kept).encode("utf-8", "replace") + b"\n")
            count += len(items)
    return keys, count


def _exact(item: object) -> str:
    """An item as JSON; fractions as texts, since the engine reads numbers of JSON as floating point."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _as_it_came(value: object) -> str:
    """A value as JSON with the types that it came with."""
    match value:
        case Digits():
            return value
        case dict():
            pairs = (f"{_exact(key)}:{_as_it_came(part)}" for key, part in value.items())
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(map(_as_it_came, value))}]"
    return _exact(value)


def _columns(obj: ContractObject, keys: set[str], any_items: bool) -> Mapping[str, ColumnType]:
    """Keys that are there, and those that may be absent; an answer without items contradicts nothing."""
    absent = {prop.column: ANY for prop in obj.properties if not (any_items and prop.required)}
    return {**dict.fromkeys(sorted(keys), ANY), **absent}


def _explain(error: duckdb.Error, where: str) -> MeshwrightError:
    return Unavailable("the answers of the API cannot be read", where=where, why=without_values(str(error)))
