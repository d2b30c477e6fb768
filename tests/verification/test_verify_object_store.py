"""Files in object stores, over the protocol of S3 on this machine; addresses and secrets of the others."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs
from tests.verification.given import Verified, declare, prop, verify

from meshwright.adapters.object_store.stores import Address, address_of, file_system
from meshwright.errors import InputError

SECRETS = ("--secret", "access_key_id=env:KEY", "--secret", "secret_access_key=env:SECRET")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    pytest.importorskip("moto", reason="no S3 server: pip install 'meshwright[dev]'")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> fs.SubTreeFileSystem:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("SECRET", "s3cret/key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = fs.S3FileSystem(
        access_key="AKIDEXAMPLE",
        secret_key="s3cret/key",
        region="eu-central-1",
        scheme="http",
        endpoint_override=endpoint.removeprefix("http://"),
        allow_bucket_creation=True,
    )
    name = f"bucket{abs(hash(request.node.name))}"
    store.create_dir(name)
    return fs.SubTreeFileSystem(name, store)


def name_of(bucket: fs.SubTreeFileSystem) -> str:
    return str(bucket.base_path).rstrip("/")


def put(bucket: fs.SubTreeFileSystem, path: str, content: bytes | pa.Table) -> None:
    with bucket.open_output_stream(path, compression=None) as stream:
        if isinstance(content, pa.Table):
            pq.write_table(content, stream)
        else:
            stream.write(content)


def deals(*ids: int) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int64()), "note": [f"n{i}" for i in ids]})


def declare_deals(
    folder: Path, bucket: fs.SubTreeFileSystem, endpoint: str, location: str, **more: Any
) -> None:
    region = {"vendor": "meshwright", "property": "region", "value": "eu-central-1"}
    server = {"type": "s3", "location": f"s3://{name_of(bucket)}/{location}", "endpointUrl": endpoint}
    declare(
        folder,
        prop("id", "integer", unique=True, required=True, options={"maximum": 8}),
        prop("note", "string", options={"pattern": "^n"}),
        server={**server, "customProperties": [region], **more},
    )


def verified(folder: Path, *words: str) -> Verified:
    return verify(folder, *SECRETS, *words)


@pytest.mark.parametrize("location", ["deals/*.parquet", "{object}", "", "**/part-?.parquet", "{model}/"])
def test_parquet_is_read_in_the_store(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str, location: str
) -> None:
    put(bucket, "deals/part-1.parquet", deals(1, 2))
    put(bucket, "deals/part-2.parquet", deals(2, 9))
    put(bucket, "deals/_SUCCESS", b"")
    declare_deals(tmp_path, bucket, endpoint, location, format="parquet")
    expected = {"deals.id.unique": "1 of 4 rows", "deals.id.bounds": "1 of 4 rows"}
    assert verified(tmp_path).failed == expected


def test_what_statistics_prove_is_not_fetched_and_counts_are_remembered(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str
) -> None:
    put(bucket, "deals/1.parquet", deals(1, 2))
    put(bucket, "deals/2.parquet", deals(3, 9))
    declare_deals(tmp_path, bucket, endpoint, "deals/*.parquet")
    first = verified(tmp_path)
    assert first.checks["deals.id.required"]["how"] == "proved"
    assert first.checks["deals.note.pattern"]["how"] == "scanned"
    again = verified(tmp_path)
    assert again.checks["deals.note.pattern"]["how"] == "remembered"
    assert again.failed == first.failed == {"deals.id.bounds": "1 of 4 rows"}
    put(bucket, "deals/2.parquet", deals(3, 1))  # as large as before, and perhaps in the same second
    assert verified(tmp_path).failed == {"deals.id.unique": "1 of 4 rows"}
    put(bucket, "deals/2.parquet", deals(3, 9))
    assert verified(tmp_path).failed == first.failed


def test_several_objects_are_read_from_one_store(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "deals/1.parquet", deals(1, 2, 7))
    put(bucket, "offers/1.parquet", deals(2, 3))
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    declare(tmp_path, prop("id", "integer", relationships=[{"type": "foreignKey", "to": "offers.id"}]))
    contract = json.loads((tmp_path / "contract.yaml").read_text())
    contract["schema"].append({"name": "offers", "properties": [prop("id", "integer", unique=True)]})
    (tmp_path / "contract.yaml").write_text(json.dumps(contract))
    for _ in range(2):
        found = verified(tmp_path, "--data", f"s3://{name_of(bucket)}/{{object}}")
        assert found.failed == {"deals.id.relationships[0]": "2 of 3 rows"}


def test_names_may_hold_what_patterns_are_made_of(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str
) -> None:
    put(bucket, "deals/year=2024/a [1] b%20ä?.parquet", deals(1, 9))
    declare_deals(tmp_path, bucket, endpoint, "deals/**/*.parquet")
    assert verified(tmp_path).failed == {"deals.id.bounds": "1 of 2 rows"}


def test_text_is_fetched_and_read_as_on_disk(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str
) -> None:
    put(bucket, "in/deals.csv", "id;note\n1;n\nx;é\n".encode("latin-1"))
    put(bucket, "in/more/deals.csv", b"id;note\n2;n\n")
    put(bucket, "lines/deals.jsonl.gz", gzip.compress(b'{"id": 1, "note": "n"}\n{"id": "x"}\n'))
    put(bucket, "list/deals.json", b'[{"id": 1, "note": "n"}, {"id": 9}]')
    given = {"format": "csv", "encoding": "latin-1", "delimiter": ";"}
    declare_deals(tmp_path, bucket, endpoint, "in/**/deals.csv", **given)
    assert verified(tmp_path).failed == {
        "deals.id.type": "1 of 3 rows hold another",
        "deals.note.pattern": "1 of 3 rows",
    }
    declare_deals(tmp_path, bucket, endpoint, "lines", format="json", delimiter="new_line")
    assert verified(tmp_path).failed == {"deals.id.type": "1 of 2 rows hold another"}
    declare_deals(tmp_path, bucket, endpoint, "list/deals.json", format="json", delimiter="array")
    assert verified(tmp_path).failed == {"deals.id.bounds": "1 of 2 rows"}


def test_what_is_not_there_or_may_not_be_read_is_one_error(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str
) -> None:
    put(bucket, "deals/1.parquet", deals(1))
    put(bucket, "broken/deals.parquet", b"PAR1 and no more")
    put(bucket, "orders/1.dat", b"")
    faults = {
        "deals/*.csv": "no object matches",
        "orders": "has no deals",
        "orders/1.dat": "the format of the files cannot be told",
        "broken": "deals.parquet",
    }
    for location, what in faults.items():
        declare_deals(tmp_path, bucket, endpoint, location)
        refused = verify(tmp_path, *SECRETS, json_report=False)
        assert (refused.code, what in refused.err) == (2, True), (location, refused.err)
    declare_deals(tmp_path, bucket, "http://127.0.0.1:9", "deals/*.parquet")
    down = verify(tmp_path, *SECRETS, json_report=False)
    assert (down.code, "does not answer" in down.err, "s3cret" in down.err) == (2, True, False)


def test_files_can_be_named_on_the_command_line(
    tmp_path: Path, bucket: fs.SubTreeFileSystem, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "deals/1.parquet", deals(1, 9))
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    declare(tmp_path, prop("id", "integer", options={"maximum": 8}))
    data = f"s3://{name_of(bucket)}/{{object}}"
    assert verified(tmp_path, "--data", data).failed == {"deals.id.bounds": "1 of 2 rows"}


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("s3://bucket/a/*.parquet", Address("s3", "bucket/a/*.parquet")),
        ("gs://bucket/a", Address("gcs", "bucket/a")),
        ("az://acc.blob.core.windows.net/box/a", Address("azure", "box/a", "acc", "core.windows.net")),
        ("abfss://acc.dfs.core.windows.net/box/a", Address("azure", "box/a", "acc", "core.windows.net")),
        ("abfss://box@acc.dfs.core.windows.net/a", Address("azure", "box/a", "acc", "core.windows.net")),
    ],
)
def test_addresses_of_every_store(location: str, address: Address) -> None:
    assert address_of(location, "here") == address


def test_secrets_open_every_store() -> None:
    azure = Address("azure", "box/a", "acc", "core.windows.net")
    key = {"account_key": "a2V5"}
    assert isinstance(file_system(azure, key, None, None, "here"), fs.AzureFileSystem)
    emulator = file_system(azure, key, "http://127.0.0.1:10000", None, "here")
    assert isinstance(emulator, fs.AzureFileSystem)
    gcs = file_system(Address("gcs", "b"), {"anonymous": "yes"}, "http://127.0.0.1:1", None, "here")
    assert isinstance(gcs, fs.GcsFileSystem)
    assert isinstance(file_system(Address("gcs", "b"), {"token": "t"}, None, None, "here"), fs.GcsFileSystem)
    with pytest.raises(InputError, match="cannot be opened") as refused:
        file_system(azure, {**key, "sas_token": "s3cret"}, None, None, "here")
    assert "s3cret" not in str(refused.value)
    for location in ("s3:/x", "ftp://a/b", "abfss://acc/box", "gs://", "box/a"):
        with pytest.raises(InputError, match="no address in an object store"):
            address_of(location, "here")
    with pytest.raises(InputError, match="is no endpoint"):
        file_system(azure, key, "127.0.0.1:10000", None, "here")
