"""Products, ports, columns, lineage, search and metrics over HTTP, and how HTTP is spoken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
import requests
import yaml
from listening import listening
from mesh_folder import MeshFolder, column, contract, custom, orders_mesh
from prometheus_client.parser import text_string_to_metric_families
from serving import site_at

from meshwright.server.negotiation import best

SHAPES = Path(__file__).resolve().parents[1] / "exchange" / "catalogue-shapes.ttl"
PASSWORD = "hunter2-is-secret"
ODD = 'contract/with ~"odd" <b>name</b>'


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """The orders mesh, and a product whose texts are hostile and whose source's URL has a password."""
    folder = orders_mesh(tmp_path_factory.mktemp("api") / "mesh")
    script = "<script>alert(1)</script>'; drop table x; --"
    file = folder.root / "data" / "odd.csv"
    file.write_text("id\n1\n")
    server = {"server": "files", "type": "local", "path": str(file), "format": "csv"}
    known = {
        "server": "elsewhere",
        "type": "api",
        "location": f"https://ada:{PASSWORD}@api.example.com/v1",
        "environment": "prod",
    }
    columns = [column("id", description=script), column("价 格/€", "string")]
    odd = contract(ODD, {"odd": columns}, description={"purpose": script})
    product = folder.product(
        "sales/odd",
        [contract("odd-file", {"odd": [column("id")]}, servers=[server, known])],
        {"odd.sql": 'select id, null::varchar as "价 格/€" from files.odd\n'},
        inputs=[("files", "odd-file")],
        outputs=[("odd", "1.0.0", ODD)],
        name=script,
        customProperties=custom(sunset="2030-01-01"),
        description={"purpose": script},
    )
    (product / "contracts" / "odd.yaml").write_text(json.dumps(odd))
    folder.run("apply", "--yes")
    return folder


@pytest.fixture(scope="module")
def url(mesh: MeshFolder) -> Iterator[str]:
    with listening(site_at(mesh.root)) as at:
        yield at


def get(url: str, path: str, accept: str | None = None, /, **query: Any) -> requests.Response:
    headers = {"accept": accept} if accept is not None else {}
    return requests.get(f"{url}{path}", params=query, headers=headers)


# --- products, ports, contracts, columns


def test_a_product_is_a_document_with_all_that_belongs_to_it(url: str) -> None:
    found = get(url, "/api/v1/products/sales/orders").json()
    assert found["product"]["address"] == "mesh://acme/sales/orders"
    assert [port["address"] for port in found["outputs"]] == ["mesh://acme/sales/orders/orders@1"]
    assert found["inputs"][0]["resolves_to"] == "source"
    assert found["readers"] == [{"domain": "finance", "product": "revenue"}]
    assert found["runs"][0]["status"] == "published" and found["publications"][0]["current"]
    for link in (found["links"]["document"], found["links"]["dprod"], *found["links"]["contracts"]):
        assert get(url, link).status_code == 200, link
    assert get(url, found["links"]["page"], "text/html").status_code == 200


def test_a_port_is_a_document_with_its_contract(url: str) -> None:
    found = get(url, "/api/v1/products/sales/orders/ports/orders/1").json()
    assert found["contract"]["contract_id"] == "orders"
    assert [row["path"] for row in found["columns"]] == ["id", "customer", "amount"]
    missing = get(url, "/api/v1/products/sales/orders/ports/orders/2")
    assert missing.status_code == 404 and "orders@1" in missing.json()["way_out"]


def test_contracts_come_as_they_were_applied_as_json_or_yaml(mesh: MeshFolder, url: str) -> None:
    written = json.loads((mesh.root / "domains/sales/orders/contracts/orders-1.0.0.yaml").read_text())
    path = "/api/v1/products/sales/orders/contracts/orders/1.0.0"
    assert get(url, path).json() == written
    text = get(url, path, "application/yaml;q=0.9, application/json;q=0.1")
    assert text.headers["content-type"] == "application/yaml; charset=utf-8"
    assert yaml.safe_load(text.text) == written
    assert yaml.safe_load(get(url, path, "application/json", format="yaml").text) == written
    assert text.headers["vary"] == "Accept"
    refused = get(url, path, "image/png")
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")


def test_a_contract_of_any_id_has_an_address(url: str) -> None:
    found = get(url, "/api/v1/products/sales/odd").json()
    documents = [get(url, link).json()["id"] for link in found["links"]["contracts"]]
    assert set(documents) == {"odd-file", ODD}


def test_a_column_is_a_document(url: str) -> None:
    address = "mesh://acme/sales/orders/orders@1#orders.amount"
    found = get(url, "/api/v1/column", address=address).json()
    assert found["column"]["path"] == "amount" and found["object"]["object"] == "orders"
    others = {each["address"]: each["same"] for each in found["elsewhere"]}
    assert others["mesh://acme/finance/revenue/revenue@1#revenue.amount"] == ["name"]
    odd = get(url, "/api/v1/columns", product="odd", path="价 格/€").json()["items"][0]["address"]
    assert get(url, "/api/v1/column", address=odd).json()["column"]["name"] == "价 格/€"
    assert get(url, "/api/v1/column", address="mesh://x").status_code == 404


def test_no_password_is_told_anywhere(url: str) -> None:
    told = [get(url, path) for path in get(url, "/api/v1/openapi.json").json()["paths"] if "{" not in path]
    told += [get(url, link) for link in get(url, "/api/v1/products/sales/odd").json()["links"]["contracts"]]
    told += [get(url, "/api/v1/products/sales/odd/document"), get(url, "/catalogue.jsonld")]
    texts = "\n".join(each.text for each in told)
    assert "ada@api.example.com" in texts
    assert PASSWORD not in texts


# --- addresses


def test_an_address_answers_people_and_programs(url: str) -> None:
    address = "/mesh/sales/orders"
    page = get(url, address, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert page.headers["content-type"].startswith("text/html")
    linked = get(url, address, "application/ld+json")
    assert linked.headers["content-type"] == "application/ld+json"
    assert linked.json()["id"] == "mesh://acme/sales/orders"
    plain = get(url, address, "application/json")
    assert plain.json() == get(url, "/api/v1/products/sales/orders").json()
    port = get(url, f"{address}/orders@1", "application/json").json()
    assert port["port"]["address"] == "mesh://acme/sales/orders/orders@1"
    for answer in (page, linked, plain, get(url, "/mesh/sales/nothing", "application/json")):
        assert "Accept" in answer.headers["vary"]
    assert get(url, "/mesh/sales/nothing", "application/json").status_code == 404
    assert get(url, "/mesh/sales/nothing", "application/ld+json").json()["kind"] == "not_found"
    assert get(url, address, "image/png").status_code == 406


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("application/*", "application/ld+json"),
        ("application/json, application/ld+json", "application/ld+json"),
        ("application/json, application/ld+json;q=0.9", "application/json"),
        ("text/html;q=0, */*;q=0.1", "application/ld+json"),
        ("application/ld+json;q=0.5, */*;q=0.4", "application/ld+json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/json;version=9", None),
        ("application/json;q=2, text/html;q=x", None),
        ("text/plain", None),
        (";;,,/ ,*/html", None),
    ],
)
def test_the_liked_best_is_chosen(accept: str | None, wanted: str | None) -> None:
    assert best(accept, ("text/html", "application/ld+json", "application/json")) == wanted


def test_the_catalogue_is_linked_data_that_conforms(url: str) -> None:
    graph = rdflib.Graph().parse(data=get(url, "/catalogue.jsonld").text, format="json-ld")
    conforms, _, report = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(SHAPES))
    assert conforms, report
    (page,) = graph.objects(
        rdflib.URIRef("mesh://acme/sales/orders"), rdflib.URIRef("http://www.w3.org/ns/dcat#landingPage")
    )
    assert requests.get(str(page), headers={"accept": "text/html"}).status_code == 200


# --- lineage


def test_lineage_is_told_as_the_command_line_tells_it(mesh: MeshFolder, url: str) -> None:
    of = "finance.revenue.revenue.amount"
    told = mesh.run("lineage", of, "--format", "json").data
    found = get(url, "/api/v1/lineage", of=of).json()
    assert found["start"] == told["start"]
    for way in ("upstream", "downstream"):
        assert found[way]["columns"] == told[way]
    tables = mesh.run("lineage", "finance.revenue", "--format", "json").data
    assert (
        get(url, "/api/v1/lineage", of="finance.revenue").json()["upstream"]["tables"] == tables["upstream"]
    )
    one = get(url, "/api/v1/lineage", of=of, direction="upstream", limit=1).json()
    assert one["downstream"] is None and len(one["upstream"]["columns"]) == 1 and one["upstream"]["more"]


def test_impact_and_paths(mesh: MeshFolder, url: str) -> None:
    of = "sales.orders.orders.amount"
    told = mesh.run("impact", of, "--format", "json").data
    found = get(url, "/api/v1/impact", of=of).json()
    assert {name: found[name] for name in told} == told
    path = get(
        url, "/api/v1/lineage/paths", **{"from": "source:orders-file.orders.amount"}, to="finance.revenue"
    )
    assert [step["model"] for step in path.json()["path"]] == ["orders", "revenue"]
    none = get(url, "/api/v1/lineage/paths", **{"from": "finance.revenue"}, to="sales.orders").json()
    assert none == {"path": None, "distance": None}
    wrong = get(url, "/api/v1/lineage", of="finance.revenu")
    assert wrong.status_code == 404 and "finance/revenue" in wrong.json()["way_out"]


# --- search


def test_search_finds_by_words(url: str) -> None:
    found = get(url, "/api/v1/search", q="revenue", type="product").json()
    assert found["found"][0]["address"] == "mesh://acme/finance/revenue"
    assert {each["type"] for each in found["found"]} == {"product"}


# --- metrics


def metrics_of(url: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(get(url, "/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_metrics_tell_of_the_mesh_and_of_the_server(mesh: MeshFolder, url: str) -> None:
    get(url, "/api/v1/products/sales/orders")
    found = metrics_of(url)
    orders = (("domain", "sales"), ("product", "orders"))
    assert found["meshwright_registry_up"][()] == 1
    assert found["meshwright_products"][(("domain", "sales"), ("status", "active"))] == 2
    assert found["meshwright_runs_total"][(*orders, ("status", "published"))] == 1
    assert found["meshwright_published_rows"][orders] > 0
    assert found["meshwright_publication_age_seconds"][orders] > 0
    route = "/api/v1/products/{domain}/{product}"
    labels = (("method", "GET"), ("route", route), ("status", "200"))
    assert found["meshwright_http_request_seconds_count"][labels] >= 1
    (mesh.root / "data/orders.csv").write_text("id,customer,amount\n1,ada,-5\n")
    mesh.run("run", "sales/orders", code=1)
    after = metrics_of(url)
    assert after["meshwright_last_run_failed"][orders] == 1
    failed = {key: value for key, value in after["meshwright_checks_not_passed"].items() if orders[1] in key}
    assert sum(failed.values()) >= 1
    incidents = after["meshwright_incidents"]
    assert incidents[(*orders[:1], ("kind", "run"), *orders[1:], ("severity", "error"))] == 1


def test_every_metric_is_documented(url: str) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
    families = [family.name for family in text_string_to_metric_families(get(url, "/metrics").text)]
    ours = {name for name in families if name.startswith("meshwright_") and not name.endswith("_created")}
    assert len(ours) > 12
    assert [name for name in ours if f"`{name}`" not in text and f"`{name}_total`" not in text] == []


def test_beyond_a_bound_metrics_are_by_domain(mesh: MeshFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshwright.server.metrics.MAX_PRODUCTS", 2)
    with listening(site_at(mesh.root)) as at:
        found = metrics_of(at)
    assert {dict(key)["product"] for key in found["meshwright_runs_total"]} == {""}
    assert found["meshwright_published_rows"][(("domain", "sales"), ("product", ""))] > 0


def test_routes_in_metrics_are_none_that_a_client_makes_up(url: str) -> None:
    for number in range(5):
        get(url, f"/nothing/{number}")
        requests.request(f"ODD{number}", f"{url}/api/v1")
    labels = [dict(key) for key in metrics_of(url)["meshwright_http_request_seconds_count"]]
    assert not [each for each in labels if "nothing" in each["route"] or "ODD" in each["method"]]


# --- how HTTP is spoken


def test_what_has_not_changed_is_not_sent_again(mesh: MeshFolder, url: str) -> None:
    for path in ("/api/v1/products", "/api/v1/products/sales/orders", "/catalogue.jsonld"):
        first = get(url, path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = requests.get(f"{url}{path}", headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert requests.get(f"{url}{path}", headers={"if-none-match": '"other"'}).status_code == 200
        other = get(url, path, "application/json;q=0.5")
        assert other.headers["etag"] != tag
    missing = requests.get(f"{url}/api/v1/products/a/b", headers={"if-none-match": "*"})
    assert missing.status_code == 404 and "etag" not in missing.headers


def test_every_change_has_another_tag(tmp_path: Path) -> None:
    folder = orders_mesh(tmp_path / "mesh")
    folder.run("apply", "--yes")
    with listening(site_at(folder.root)) as at:
        before = get(at, "/api/v1/runs").headers["etag"]
        assert requests.get(f"{at}/api/v1/runs", headers={"if-none-match": before}).status_code == 304
        folder.csv("data/orders.csv", "id,customer,amount", "9,ada,1.0")
        folder.run("run", "sales/orders")
        after = requests.get(f"{at}/api/v1/runs", headers={"if-none-match": before})
        assert after.status_code == 200 and after.headers["etag"] != before


def test_head_is_get_without_its_body(url: str) -> None:
    for path in ("/api/v1/products", "/metrics", "/catalogue.jsonld", "/", "/api/v1/products/a/b"):
        whole, head = requests.get(f"{url}{path}"), requests.head(f"{url}{path}")
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert head.headers["content-type"] == whole.headers["content-type"]


def test_a_method_that_is_not_taken_says_which_are(url: str) -> None:
    answer = requests.delete(f"{url}/api/v1/lineage")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.json()["kind"] == "input"
    assert requests.post(f"{url}/api/v1/products").headers["allow"] == "GET, HEAD"


def test_nothing_of_the_inside_is_told(mesh: MeshFolder, url: str) -> None:
    for path in (
        "/api/v1/nothing",
        "/api/v1/products/..%2f..%2fetc/passwd",
        "/api/v1/%00",
        "/api/v1/products/A/b",
    ):
        answer = requests.get(f"{url}{path}")
        assert answer.status_code in (400, 404, 422), path
        assert "Traceback" not in answer.text and str(mesh.root) not in answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_texts_are_data_whatever_they_say(url: str) -> None:
    answer = get(url, "/api/v1/products/sales/odd")
    assert answer.json()["product"]["name"].startswith("<script>")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
