"""What every answer has."""

from __future__ import annotations

from mesh_folder import MeshFolder
from serving import client_of, site_at

from meshwright.server.app import create_app


def test_every_answer_forbids_scripts_of_others(orders: MeshFolder) -> None:
    client = client_of(orders.root)
    for path in ("/", "/nothing/here", "/api/v1", "/api/v1/nothing", "/static/style.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_what_goes_wrong_is_a_page_for_people_and_an_envelope_for_programs(orders: MeshFolder) -> None:
    client = client_of(orders.root)
    page = client.get("/nothing/here")
    assert page.status_code == 404 and "<main" in page.text and "/nothing/here" in page.text
    envelope = client.get("/api/v1/nothing")
    assert envelope.status_code == 404
    assert envelope.json()["kind"] == "not_found"


def test_an_unexpected_failure_is_a_page_that_tells_nothing_of_its_inside(orders: MeshFolder) -> None:
    from starlette.testclient import TestClient

    app = create_app(site_at(orders.root))

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("the inside")

    page = TestClient(app, raise_server_exceptions=False).get("/broken")
    assert page.status_code == 500 and "<main" in page.text
    assert "inside" not in page.text and "default-src 'none'" in page.headers["content-security-policy"]


def test_files_are_kept_by_browsers_until_they_change(orders: MeshFolder) -> None:
    client = client_of(orders.root)
    page = client.get("/").text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/style.css").headers["cache-control"] == "no-cache"
