"""Incidents on the pages."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from receivers import Hook
from starlette.testclient import TestClient
from test_journey import BAD, watched, webhook

sys.path.append(str(Path(__file__).parents[1] / "server"))

from serving import client_of, site_at

from meshwright.server.watching import Watching
from meshwright.wiring import open_watch

HOSTILE = "<script>alert(1)</script>\u202e'\"&"


@pytest.fixture
def client(tmp_path: Path, hook: Hook) -> Iterator[TestClient]:
    mesh = watched(tmp_path, webhook(hook.url, channel=HOSTILE))
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    with client_of(tmp_path) as found:
        yield found


@pytest.mark.parametrize("address", ["/mesh/sales/orders/quality", "/operations"])
def test_an_open_incident_is_shown_with_whom_it_was_told(client: TestClient, address: str) -> None:
    text = client.get(address).text
    assert "a run failed: checks of its contract failed" in text
    assert "&lt;script&gt;alert(1)" in text
    assert HOSTILE not in text


def test_incidents_are_drawn_along_time(client: TestClient) -> None:
    text = client.get("/mesh/sales/orders/quality").text
    assert 'aria-label="Incidents of the last 30 days: 1"' in text
    assert "Incidents of the last" not in client.get("/mesh/finance/revenue/quality").text


def test_the_server_sweeps_in_the_background(tmp_path: Path, hook: Hook) -> None:
    mesh = watched(tmp_path, webhook(hook.url))
    (tmp_path / "mesh.yaml").write_text('{"mesh": "acme"}')
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("apply", "--yes", code=1)
    assert hook.told == []
    (tmp_path / "mesh.yaml").write_text(
        '{"mesh": "acme", "environments": {"dev": {"alerts": {"networks": ["127.0.0.1"]}}}}'
    )
    site = site_at(tmp_path)
    live = site.live
    watch = open_watch(live.mesh, site.environment, tmp_path, lambda: live.current().tables)
    sent = threading.Event()
    watch.reached = lambda step: sent.set() if step == "sent" else None
    watching = Watching(watch, seconds=0.01)
    watching.start()
    assert sent.wait(60)
    watching.stop(30)
    live.close()
    assert hook.told == [("begin", "run", "sales/orders")]
