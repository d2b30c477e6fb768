"""Lists of the API: every relation, its filters, its order and its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from listening import listening
from mesh_folder import MeshFolder, orders_mesh
from serving import site_at

from meshwright.provisioning.registry import AppliedDomain
from meshwright.server.api.lists import MOST
from meshwright.supervision.metamodel.relations import RELATIONS

ERROR = "application/problem+json"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    folder = orders_mesh(tmp_path_factory.mktemp("lists") / "mesh")
    folder.run("apply", "--yes")
    return folder


@pytest.fixture(scope="module")
def url(mesh: MeshFolder) -> Iterator[str]:
    with listening(site_at(mesh.root)) as at:
        yield f"{at}/api/v1"


def walked(url: str, path: str, /, **query: Any) -> tuple[list[dict[str, Any]], int]:
    """All rows of a list, page by page, and how many pages that were."""
    rows: list[dict[str, Any]] = []
    pages = 0
    answer = requests.get(f"{url}/{path}", params=query)
    while True:
        body = answer.json()
        assert answer.status_code == 200, body
        rows += body["items"]
        pages += 1
        if body["next"] is None:
            assert "link" not in answer.headers
            assert len(rows) == body["total"]
            return rows, pages
        assert answer.headers["link"] == f'<{body["next"]}>; rel="next"'
        answer = requests.get(url.removesuffix("/api/v1") + body["next"])


@pytest.mark.parametrize("name", RELATIONS)
def test_every_table_of_the_mesh_is_a_list(mesh: MeshFolder, url: str, name: str) -> None:
    rows, _ = walked(url, name, limit=50)
    asked = json.loads(mesh.run("query", f"select * from mesh.{name}", "--format", "json").out)
    assert len(rows) == asked["total"]
    assert all(list(row) == asked["columns"] for row in rows)


def test_pages_of_any_size_hold_every_row_once_in_order(url: str) -> None:
    whole, pages = walked(url, "columns", limit=MOST)
    assert pages == 1
    for limit in (1, 2, 3):
        rows, pages = walked(url, "columns", limit=limit)
        assert rows == whole
        assert pages == -(-len(whole) // limit)


@pytest.mark.parametrize("sort", ["path", "-path", "required", "-required", "position", "-description"])
def test_pages_follow_any_order(url: str, sort: str) -> None:
    rows, _ = walked(url, "columns", limit=2, sort=sort)
    name = sort.lstrip("-")
    given = [row[name] for row in rows if row[name] is not None]
    assert given == sorted(given, reverse=sort.startswith("-"))
    assert [row[name] is None for row in rows] == sorted(row[name] is None for row in rows)
    assert len({row["address"] for row in rows}) == len(rows)


def test_filters_are_those_of_the_columns(url: str) -> None:
    rows, _ = walked(url, "columns", product="orders", binding="output")
    assert {(row["product"], row["binding"]) for row in rows} == {("orders", "output")}
    both, _ = walked(url, "columns", path=["id", "amount"], limit=1)
    assert {row["path"] for row in both} == {"id", "amount"}
    assert walked(url, "columns", required="true")[0] == [
        row for row in walked(url, "columns")[0] if row["required"]
    ]
    assert walked(url, "columns", domain="nowhere")[0] == []
    applied = walked(url, "products")[0][0]["applied_at"]
    assert applied in {row["applied_at"] for row in walked(url, "products", applied_at_from=applied)[0]}
    assert walked(url, "products", applied_at_before="2000-01-01T00:00:00Z")[0] == []


def test_rows_that_come_and_go_between_pages_shift_nothing(tmp_path: Any) -> None:
    folder = MeshFolder(tmp_path / "mesh")
    site = site_at(folder.root)
    document = {"id": "x", "status": "active"}

    def apply(*names: str, gone: tuple[str, ...] = ()) -> None:
        from tests.metamodel.declared import bundle

        from meshwright.model.address import ProductKey

        made = [(bundle(f"d/{name}", document), "active") for name in names]
        domain = AppliedDomain("d", "1", {"domain": "d"}, "here")
        site.registry.apply("dev", None, made, [ProductKey("d", name) for name in gone], [domain], [])

    apply("b", "d", "f", "h", "j")
    with listening(site) as at:
        first = requests.get(f"{at}/api/v1/products?limit=2").json()
        assert [row["product"] for row in first["items"]] == ["b", "d"]
        apply("a", "c", "e", gone=("b", "d", "f"))
        second = requests.get(at + first["next"]).json()
        assert [row["product"] for row in second["items"]] == ["e", "h"]
        third = requests.get(at + second["next"]).json()
        assert [row["product"] for row in third["items"]] == ["j"] and third["next"] is None


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("limit=0", 422, "limit"),
        (f"limit={MOST + 1}", 422, "limit"),
        ("limit=ten", 422, "limit"),
        ("sort=nothing", 422, "sort"),
        ("domian=sales", 400, "did you mean `domain`"),
        ("cursor=%00", 400, "cursor"),
        ("cursor=e30", 400, "cursor"),
        ("cursor=W251bGwsWyJhIl0sMF0", 400, "cursor"),
        ("cursor=W251bGwsW3t9LHt9XSwwXQ", 400, "cursor"),
        ("sort=name&cursor=W251bGwsWyJmaW5hbmNlIiwicmV2ZW51ZSJdLDBd", 400, "cursor"),
    ],
)
def test_what_cannot_be_used_is_said_with_the_way_out(url: str, query: str, status: int, words: str) -> None:
    answer = requests.get(f"{url}/products?{query}")
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, ERROR)
    assert problem["status"] == status and problem["instance"] == "/api/v1/products"
    assert words in json.dumps(problem)
    assert problem["way_out"]


def test_text_of_any_kind_is_a_filter_like_any_other(url: str) -> None:
    for text in (
        "' or 1=1 --",
        "\x00",
        "\U0001f3e2",
        "%",
        "../..",
        "\ud800".encode("utf-8", "replace").decode(),
    ):
        answer = requests.get(f"{url}/products", params={"name": text})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert requests.get(f"{url}/products?name=%ff%fe").json()["items"] == []


def test_ten_thousand_products_are_walked_by_pages(tmp_path: Any) -> None:
    from tests.metamodel.declared import bundle

    folder = MeshFolder(tmp_path / "mesh")
    site = site_at(folder.root, look=60.0)
    made = [
        (bundle(f"d{n % 7}/p{n:05}", {"id": f"{n}", "status": "active", "name": f"n{n % 100}"}), "active")
        for n in range(10_000)
    ]
    site.registry.apply("dev", None, made, [], [], [])
    with listening(site) as at:
        rows, pages = walked(f"{at}/api/v1", "products", limit=MOST, sort="-name")
        some, _ = walked(f"{at}/api/v1", "products", limit=100, domain="d3", name=["n7", "n8"])
    assert (len(rows), pages) == (10_000, 10)
    assert len({row["address"] for row in rows}) == 10_000
    order = [(row["name"], row["domain"], row["product"]) for row in rows]
    assert order == sorted(sorted(order, key=lambda row: row[1:]), key=lambda row: row[0], reverse=True)
    assert len(some) == sum(n % 7 == 3 and n % 100 in (7, 8) for n in range(10_000))
