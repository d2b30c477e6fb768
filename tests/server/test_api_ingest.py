"""OpenLineage events over HTTP: who may send them, and what becomes of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from listening import listening
from mesh_folder import MeshFolder, orders_mesh
from serving import client_of, site_at
from starlette.testclient import TestClient
from tests.exchange.told_events import columns, dataset, dataset_event, job_event, run_event

from meshwright.server.api.ingest import MAX_BYTES
from meshwright.server.app import create_app

TOKEN = "a-token-of-some-length"
OURS = ("mesh://acme", "sales.orders.orders@1")
EVENT = run_event(
    "COMPLETE",
    [dataset(*OURS)],
    [dataset("powerbi", "Board", columnLineage=columns(total=[(*OURS, "amount")]))],
)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    folder = orders_mesh(tmp_path_factory.mktemp("ingest") / "mesh")
    folder.run("apply", "--yes")
    return folder


@pytest.fixture(scope="module")
def guarded(mesh: MeshFolder) -> Iterator[str]:
    """A server whose writers need a token."""
    with listening(replace(site_at(mesh.root), token=lambda: TOKEN)) as at:
        yield f"{at}/api/v1/lineage"


@pytest.fixture(scope="module")
def near(mesh: MeshFolder) -> Iterator[str]:
    """A server without one."""
    with listening(site_at(mesh.root)) as at:
        yield f"{at}/api/v1/lineage"


def post(url: str, event: Any, **headers: str) -> requests.Response:
    sent = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = event if isinstance(event, bytes) else json.dumps(event).encode()
    return requests.post(url, data=data, headers=sent)


def test_what_is_told_is_part_of_lineage_at_once(tmp_path: Path) -> None:
    folder = orders_mesh(tmp_path / "mesh")
    folder.run("apply", "--yes")
    with listening(site_at(folder.root)) as at:
        url = f"{at}/api/v1/lineage"
        answer = post(url, EVENT)
        assert (answer.status_code, answer.json()) == (201, {"new": True, "datasets": 2})
        assert post(url, EVENT).json()["new"] is False
        found = requests.get(url, params={"of": "sales.orders.orders.amount"}).json()
        told = {each["address"]: each for each in found["downstream"]["columns"]}["dataset:powerbi"]
        assert told["column"] == "total" and told["path"][-1]["origin"] == "told"
        assert told["path"][-1]["job"] == "airflow/nightly"
        edges = requests.get(f"{at}/api/v1/external_edges").json()["items"]
        assert {(edge["from_node"], edge["to_node"]) for edge in edges} == {
            ("mesh://acme/sales/orders/orders@1", "dataset:powerbi/Board")
        }
    facts = folder.run("facts", "--format", "json").out
    assert facts.count("lineage.told") == 1


def test_the_standards_own_client_needs_the_url_and_the_token(
    mesh: MeshFolder, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from openlineage.client import OpenLineageClient, event_v2

    monkeypatch.setenv("OPENLINEAGE_URL", guarded.removesuffix("/api/v1/lineage"))
    monkeypatch.setenv("OPENLINEAGE_API_KEY", TOKEN)
    event = event_v2.RunEvent(
        eventType=event_v2.RunState.COMPLETE,
        eventTime="2026-05-01T12:00:00Z",
        run=event_v2.Run("0176a8c2-fe01-7439-87e6-56a1a1b4029f"),
        job=event_v2.Job("airflow", "by_client"),
        inputs=[event_v2.InputDataset(*OURS)],
        outputs=[event_v2.OutputDataset("n", "from_client")],
        producer="https://example.com/scheduler",
    )
    OpenLineageClient().emit(event)
    edges = mesh.rows("select * from mesh.external_edges where job_name = 'by_client' and subtype = 'rows'")
    assert [edge["from_node"] for edge in edges] == ["mesh://acme/sales/orders/orders@1"]


@pytest.mark.parametrize(
    "event",
    [EVENT, run_event("START"), job_event([dataset("n", "a")]), dataset_event(dataset("n", "b"))],
    ids=["run", "started", "job", "dataset"],
)
def test_events_of_every_kind_are_taken(guarded: str, event: Any) -> None:
    assert post(guarded, event).status_code == 201
    assert (
        post(guarded, gzip.compress(json.dumps(event).encode()), content_encoding="gzip").status_code == 201
    )


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"{}", {}, 400),
        (b"null", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"eventTime": NaN}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"", {}, 400),
        (EVENT, {"content_type": "text/plain"}, 415),
        (EVENT, {"content_type": "application/x-www-form-urlencoded"}, 415),
        (EVENT, {"content_type": "application/json; charset=utf-16"}, 415),
        (EVENT, {"content_encoding": "br"}, 415),
        (b"no gzip", {"content_encoding": "gzip"}, 400),
        (gzip.compress(b"{}", mtime=0)[:-4], {"content_encoding": "gzip"}, 400),
        (b" " * (MAX_BYTES + 1), {}, 413),
        (gzip.compress(b" " * 50_000_000, mtime=0), {"content_encoding": "gzip"}, 413),
    ],
)
def test_what_is_no_event_is_refused_and_changes_nothing(
    mesh: MeshFolder, guarded: str, body: Any, headers: dict[str, str], status: int
) -> None:
    before = mesh.rows("select count(*) as n from mesh.facts")
    answer = post(guarded, body, **headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert mesh.rows("select count(*) as n from mesh.facts") == before


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
def test_where_there_is_a_token_nothing_else_will_do(guarded: str, given: str | None) -> None:
    headers = {"content-type": "application/json"}
    if given is not None:
        headers["authorization"] = given.encode("latin-1")  # type: ignore[assignment]
    answer = requests.post(guarded, data=json.dumps(EVENT), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert TOKEN not in answer.text


def test_without_a_token_programs_of_this_machine_may_write_and_browsers_may_not(near: str) -> None:
    event = json.dumps(EVENT)
    plain = {"content-type": "application/json"}
    assert requests.post(near, data=event, headers=plain).status_code == 201
    for name, value in (
        ("origin", "http://127.0.0.1"),
        ("origin", "null"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "http://elsewhere/"),
        ("cookie", "theme=dark"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("host", "rebound.example.com"),
    ):
        answer = requests.post(near, data=event, headers={**plain, name: value})
        assert answer.status_code == 403, name
        assert "Bearer TOKEN" in answer.json()["way_out"]


def test_without_a_token_nobody_elsewhere_may_write(mesh: MeshFolder) -> None:
    app = create_app(site_at(mesh.root))
    far = TestClient(app, client=("192.0.2.7", 5), base_url="http://localhost", raise_server_exceptions=False)
    assert far.post("/api/v1/lineage", json=EVENT, headers={"cookie": ""}).status_code == 403
    assert client_of(mesh.root).post("/api/v1/lineage", json=EVENT).status_code == 403


def test_a_reference_to_no_token_is_an_error_and_not_an_open_door(mesh: MeshFolder) -> None:
    from meshwright.errors import MissingPart

    def missing() -> str:
        raise MissingPart("the secret token of server serve is not there: env:NOTHING")

    with listening(replace(site_at(mesh.root), token=missing)) as at:
        answer = requests.post(f"{at}/api/v1/lineage", json=EVENT)
    assert answer.status_code in (400, 500, 503)
    assert answer.json()["kind"] == "missing"
