"""What an API answers is verified as it came: values of other types are failed checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.verification.given import declare, prop, verify

PAGE = 2


class _Listings(BaseHTTPRequestHandler):
    items: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0]) - 1
        body = json.dumps(self.items[page * PAGE : (page + 1) * PAGE]).encode()
        self.send_response(200 if self.headers["Authorization"] == "Bearer t0ken" else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Listings)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def declare_listings(folder: Path, url: str) -> None:
    settings = {"paging": {"kind": "page", "start": 1}, "auth": {"kind": "bearer"}}
    custom = [{"vendor": "meshwright", "property": name, "value": value} for name, value in settings.items()]
    declare(
        folder,
        prop("id", "integer", primaryKey=True),
        prop("rent", "number", required=True, options={"minimum": 0}),
        prop("home", "object", properties=[prop("rooms", "integer", classification="restricted")]),
        server={"type": "api", "location": url, "customProperties": custom},
        name="listings",
    )


def test_values_of_other_types_are_verdicts_with_samples(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Listings.items = [
        {"id": 1, "rent": 10.5, "home": {"rooms": 3}},
        {"id": 2, "rent": "cheap", "home": {"rooms": 3.5}},
        {"id": 2, "rent": -1.25},
        {"id": 4, "home": {"rooms": None}, "more": [1]},
        {"id": "x", "rent": 1, "home": {}},
    ]
    monkeypatch.setenv("TOKEN", "t0ken")
    declare_listings(tmp_path, url)
    found = verify(tmp_path, "--secret", "token=env:TOKEN")
    assert found.code == 1
    assert found.failed == {
        "listings.primary_key": "1 of 5 rows",
        "listings.id.type": "1 of 5 rows hold another",
        "listings.rent.type": "1 of 5 rows hold another",
        "listings.rent.required": "1 of 5 rows",
        "listings.rent.bounds": "1 of 5 rows",
        "listings.home.rooms.type": "1 of 5 rows hold another",
    }
    assert found.checks["listings.rent.type"]["samples"] == [{"id": 2, "rent": "cheap"}]
    assert found.checks["listings.home.rooms.type"]["withheld"]


def test_a_key_that_never_comes_is_missing_in_every_row(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Listings.items = [{"id": 1}, {"id": 2}, {"id": 3}]
    monkeypatch.setenv("TOKEN", "t0ken")
    declare_listings(tmp_path, url)
    found = verify(tmp_path, "--secret", "token=env:TOKEN")
    assert found.failed == {"listings.rent.required": "3 of 3 rows"}
    _Listings.items = []
    assert verify(tmp_path, "--secret", "token=env:TOKEN").failed == {}
    monkeypatch.setenv("TOKEN", "wrong")
    refused = verify(tmp_path, "--secret", "token=env:TOKEN", json_report=False)
    assert (refused.code, "401" in refused.err, "wrong" in refused.err) == (2, True, False)
