"""Runs are told as OpenLineage events, to a file or a server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, orders_mesh


def with_events(root: Path, place: str, **more: Any) -> MeshFolder:
    mesh = orders_mesh(root)
    document = {"mesh": "acme", "environments": {"dev": {"openlineage": place, **more}}}
    (root / "mesh.yaml").write_text(json.dumps(document))
    return mesh


class Server:
    """A server that keeps what is posted to it."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str | None, dict[str, Any]]] = []
        self.status = 201
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.received.append((self.path, self.headers.get("Authorization"), json.loads(body)))
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/api/v1/lineage"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_each_run_is_two_events_in_a_file(tmp_path: Path) -> None:
    mesh = with_events(tmp_path, "told/events.jsonl")
    mesh.run("apply", "--yes")
    events = [json.loads(line) for line in (tmp_path / "told/events.jsonl").read_text().splitlines()]
    assert [(event["job"]["name"], event["eventType"]) for event in events] == [
        ("sales.orders", "START"),
        ("sales.orders", "COMPLETE"),
        ("finance.revenue", "START"),
        ("finance.revenue", "COMPLETE"),
    ]
    assert events[0]["eventTime"] < events[1]["eventTime"]
    output = events[3]["outputs"][0]
    fields = output["facets"]["columnLineage"]["fields"]
    assert fields["amount"]["inputFields"][0]["field"] == "amount"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert all(a["success"] for a in output["facets"]["dataQualityAssertions"]["assertions"])


def test_a_failed_run_is_told_with_its_error(tmp_path: Path) -> None:
    mesh = with_events(tmp_path, "events.jsonl")
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,-10.5")
    mesh.run("apply", "--yes", code=1)
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["eventType"] for event in events] == ["START", "FAIL"]
    assert events[1]["run"]["facets"]["errorMessage"]["message"]
    checks = events[1]["outputs"][0]["facets"]["dataQualityAssertions"]["assertions"]
    assert [check["column"] for check in checks if not check["success"]] == ["amount"]


def test_events_are_posted_with_the_token(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENTS_TOKEN", "s3cret")
    mesh = with_events(tmp_path, server.url, secrets={"openlineage": "env:EVENTS_TOKEN"})
    assert "MW130" not in mesh.run("validate").text
    mesh.run("apply", "--yes")
    assert [(path, token) for path, token, _ in server.received] == [
        ("/api/v1/lineage", "Bearer s3cret"),
    ] * 4


def test_a_server_that_refuses_is_a_warning_of_one_run(tmp_path: Path, server: Server) -> None:
    server.status = 500
    mesh = with_events(tmp_path, server.url)
    outcomes = mesh.run("apply", "--yes", "--format", "json").data["outcomes"]
    assert [outcome["status"] for outcome in outcomes] == ["published", "published"]
    warned = [warning for outcome in outcomes for warning in outcome["warnings"]]
    assert len(warned) == 1 and "OpenLineage" in warned[0]
    assert len(server.received) == 1


def test_a_url_holds_no_password(tmp_path: Path) -> None:
    mesh = with_events(tmp_path, "https://me:secret@example.com/")
    assert "secret" not in mesh.run("validate", code=2).text.replace("`secrets`", "")
