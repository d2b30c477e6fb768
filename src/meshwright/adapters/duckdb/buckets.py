"""The hash that bucket partitions come from (Iceberg spec, appendix B: 32-bit hash requirements)."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import duckdb
import mmh3

from meshwright.model.types import INTEGERS

if TYPE_CHECKING:
    import pyarrow as pa

Hashes = Mapping[str, str]
"""The name of the function that hashes values of a kind of column, by the kind."""

_LONG = struct.Struct("<q").pack


def _digits(text: str) -> bytes:
    """The unscaled value of a decimal in as few bytes as hold it, big-endian, in two's complement."""
    number = int(text.replace(".", ""))
    bits = (number if number >= 0 else ~number).bit_length()
    return number.to_bytes(bits // 8 + 1, "big", signed=True)


_FORMS: Mapping[str, tuple[str, Callable[..., bytes]]] = {
    "long": ("BIGINT", _LONG),
    "digits": ("VARCHAR", _digits),
    "bytes": ("BLOB", bytes),
}
"""What a value is hashed as: the engine's type, and the bytes of one such value."""

_HASHED_AS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(INTEGERS, ("long", "CAST({0} AS BIGINT)")),
    "date": ("long", "date_diff('day', DATE '1970-01-01', {0})"),
    **dict.fromkeys(("time", "timestamp", "timestamptz"), ("long", "epoch_us({0})")),
    "decimal": ("digits", "CAST({0} AS VARCHAR)"),
    "string": ("bytes", "encode({0})"),
    "uuid": ("bytes", "unhex(replace(CAST({0} AS VARCHAR), '-', ''))"),
    "binary": ("bytes", "{0}"),
}
"""By the kind of a column: the form that it is hashed in, and the SQL that brings a value there."""


@contextmanager
def hash_functions(cursor: duckdb.DuckDBPyConnection, kinds: Collection[str]) -> Iterator[Hashes]:
    """Functions that hash values of these kinds, as far as Iceberg buckets them.

    An instance's functions are shared by all its cursors: they have names of their own, which no
    statement of a user can know or may call, and are there inside the context only.
    """
    from duckdb.func import PythonUDFType

    token = secrets.token_hex(8)
    forms = {kind: _HASHED_AS[kind][0] for kind in kinds if kind in _HASHED_AS}
    names = {form: f"iceberg_hash_{form}_{token}" for form in forms.values()}
    with ExitStack() as made:
        for form, name in names.items():
            accepted, to_bytes = _FORMS[form]
            function = partial(_hash, to_bytes)
            cursor.create_function(name, function, [accepted], "INTEGER", type=PythonUDFType.ARROW)
            made.callback(_remove, cursor, name)
        yield {kind: names[form] for kind, form in forms.items()}


def _remove(cursor: duckdb.DuckDBPyConnection, name: str) -> None:
    with suppress(duckdb.Error):  # the instance is lost, and its functions with it
        cursor.remove_function(name)


def bucket_expression(function: str, kind: str, name: str, buckets: int) -> str:
    """The bucket of a value of column `name` (Iceberg spec, bucket transform details), in SQL."""
    value = _HASHED_AS[kind][1].format(name)
    return f"({function}({value}) & 2147483647) % {buckets}"


def _hash(to_bytes: Callable[..., bytes], values: pa.Array) -> pa.Array:
    import pyarrow as pa

    of = mmh3.hash
    return pa.array([None if v is None else of(to_bytes(v)) for v in values.to_pylist()], pa.int32())
