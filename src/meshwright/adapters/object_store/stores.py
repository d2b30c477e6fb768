"""Addresses in object stores, and how each store is spoken to: through Arrow's file systems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pyarrow import fs

from meshwright.errors import InputError

_AZURE = re.compile(r"(?P<account>[^.]+)\.(?:blob|dfs)\.(?P<rest>.+)\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """A place in a store: `path` begins with the bucket, and `account` is Azure's."""

    kind: str
    path: str
    account: str = ""
    authority: str = field(default="", repr=False)


def address_of(location: str, where: str) -> Address:
    """What a location names; `path` may be a pattern.

    S3 is `s3://BUCKET/PATH` (`s3a`), Google `gs://BUCKET/PATH` (`gcs`), Azure as the standard has it
    (`abfss://ACCOUNT.dfs.core.windows.net/CONTAINER/PATH`) or `abfss://CONTAINER@ACCOUNT.../PATH`.

    Raises:
        InputError: it is none of these.
    """
    scheme, sign, rest = location.partition("://")
    host, _, path = rest.partition("/")
    kinds = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
    if sign and host and scheme in kinds:
        return Address(kinds[scheme], f"{host}/{path}")
    if sign and scheme in ("az", "abfs", "abfss", "adl"):
        container, at, account_host = host.rpartition("@")
        found = _AZURE.match(account_host)
        inside = f"{container}/{path}" if at else path
        if found and inside.strip("/"):
            return Address("azure", inside, found["account"], found["rest"])
    raise InputError(
        f"`{location}` is no address in an object store",
        where=where,
        way_out="write s3://BUCKET/PATH, gs://BUCKET/PATH or abfss://ACCOUNT.dfs.core.windows.net/CONTAINER/PATH",
    )


def file_system(
    address: Address, secrets: Mapping[str, str], endpoint: str | None, region: str | None, where: str
) -> fs.FileSystem:
    """The store of an address.

    Secrets are for S3 `access_key_id`, `secret_access_key` and `session_token`; for Google `token`; for
    Azure `account_key`, `sas_token`, or `tenant_id`, `client_id` and `client_secret`. Without
    any, whatever credentials the machine has are used; `anonymous` is the word for none at all.

    Raises:
        InputError: the endpoint is no URL, or secrets are missing or too many.
    """
    options = _OPTIONS[address.kind](address, secrets, _endpoint(endpoint, where))
    try:
        match address.kind:
            case "s3":
                return fs.S3FileSystem(**options, **({"region": region} if region else {}))
            case "gcs":
                return fs.GcsFileSystem(**options)
            case _:
                return fs.AzureFileSystem(**options)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise InputError(
            "the object store cannot be opened",
            where=where,
            why=str(error).splitlines()[0],
            way_out="check the secrets of the server",
        ) from None


def _endpoint(text: str | None, where: str) -> tuple[str, str] | None:
    """Scheme and host of an endpoint's URL."""
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise InputError(
            f"`{text}` is no endpoint", where=where, way_out="write https://HOST, or http://HOST:PORT"
        )
    return parts.scheme, parts.netloc


def _of_s3(_: Address, secrets: Mapping[str, str], endpoint: tuple[str, str] | None) -> dict[str, Any]:
    keys = {
        "access_key": secrets.get("access_key_id"),
        "secret_key": secrets.get("secret_access_key"),
        "session_token": secrets.get("session_token"),
    }
    found: dict[str, Any] = {name: value for name, value in keys.items() if value is not None}
    if endpoint is not None:
        found |= {"scheme": endpoint[0], "endpoint_override": endpoint[1]}
    return found | ({"anonymous": True} if "anonymous" in secrets else {})


def _of_gcs(_: Address, secrets: Mapping[str, str], endpoint: tuple[str, str] | None) -> dict[str, Any]:
    from datetime import UTC, datetime, timedelta

    found: dict[str, Any] = {}
    if "token" in secrets:
        later = datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)
        found = {"access_token": secrets["token"], "credential_token_expiration": later}
    if endpoint is not None:
        found |= {"scheme": endpoint[0], "endpoint_override": endpoint[1]}
    return found | ({"anonymous": True} if "anonymous" in secrets else {})


def _of_azure(
    address: Address, secrets: Mapping[str, str], endpoint: tuple[str, str] | None
) -> dict[str, Any]:
    known = ("account_key", "sas_token", "tenant_id", "client_id", "client_secret")
    found: dict[str, Any] = {name: secrets[name] for name in known if name in secrets}
    if endpoint is not None:
        for service in ("blob", "dfs"):
            found |= {f"{service}_storage_authority": endpoint[1], f"{service}_storage_scheme": endpoint[0]}
    elif address.authority != "core.windows.net":
        for service in ("blob", "dfs"):
            found[f"{service}_storage_authority"] = f".{service}.{address.authority}"
    return {"account_name": address.account, **found}


_OPTIONS = {"s3": _of_s3, "gcs": _of_gcs, "azure": _of_azure}
