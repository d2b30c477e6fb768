"""Every page of the example mesh, as it is after a good day and a bad delivery."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, orders_mesh
from reading import Page, without_fragment
from serving import apply_as_declared, client_of
from starlette.testclient import TestClient

TABS = ("", "/ports", "/quality", "/lineage", "/versions", "/runs", "/policies")


@pytest.fixture(scope="module")
def offices(served_offices: Path) -> Iterator[TestClient]:
    with client_of(served_offices) as client:
        yield client


def read(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, f"{address}: {answer.status_code}\n{answer.text[:500]}"
    return Page(address, answer.text)


def test_every_link_of_the_whole_mesh_leads_somewhere(offices: TestClient) -> None:
    left, seen, broken = ["/"], {"/"}, []
    while left:
        address = left.pop()
        answer = offices.get(address)
        if answer.status_code != 200:
            broken.append((address, answer.status_code))
            continue
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(address, answer.text)
        assert len(page.ids) == len(set(page.ids)), f"{address}: an id is given twice"
        for link in page.links:
            target, _, fragment = link.partition("#")
            if fragment and target == without_fragment(address):
                assert fragment in page.ids, f"{address}: nothing has the id {fragment}"
            many = target.startswith(("/search?", "/theme?", "/api/"))  # one of each kind is enough
            if target not in seen and not (many and sum(each.startswith(target[:8]) for each in seen) > 25):
                seen.add(target)
                left.append(target)
    assert broken == []
    assert len(seen) > 250


def test_the_home_page_tells_how_much_there_is_and_what_fails(offices: TestClient) -> None:
    page = read(offices, "/")
    assert re.search(r"12 data products of 5 domains, with 29 tables and \d{3} columns", page.text)
    assert "brokerage / Deals" in page.text and "of 141 checks failed" in page.text
    assert {f"/mesh/{name}" for name in ("assets", "brokerage", "finance", "leasing", "market")} <= set(
        page.links
    )


def test_a_domain_has_its_products_and_its_people(offices: TestClient) -> None:
    page = read(offices, "/mesh/brokerage")
    assert all(name in page.text for name in ("Broker cockpit", "Deals", "Funnel", "Prospects"))
    assert "Mila Lind" in page.text and "Rosa Fontein" in page.text
    assert "/mesh/leasing" in page.links


def test_a_product_says_what_it_is_for_whose_it_is_and_who_reads_it(offices: TestClient) -> None:
    page = read(offices, "/mesh/brokerage/deals")
    assert "Every deal that our brokers work on" in page.text
    assert "take signed rents from leasing/leases" in page.text
    assert "Mila Lind" in page.text and "source-aligned" in page.text
    assert "/mesh/brokerage/broker_cockpit" in page.links and "/mesh/brokerage/deals/deals@2" in page.links
    assert "https://chat.premium-offices.example/channel/brokerage-data" in page.abroad
    assert re.search(r"The last run failed: \d+ of \d+ checks failed", page.text)


def test_a_deprecated_product_names_its_end_and_its_successor(offices: TestClient) -> None:
    page = read(offices, "/mesh/assets/building_list")
    assert "deprecated and ends on 2026-12-31" in page.text
    assert "/mesh/assets/buildings" in page.links


@pytest.mark.parametrize("tab", TABS)
def test_every_product_has_every_tab(offices: TestClient, tab: str) -> None:
    for product in ("assets/building_list", "finance/tenant_risk", "brokerage/funnel", "leasing/leases"):
        page = read(offices, f"/mesh/{product}{tab}")
        assert sum(attributes.get("aria-current") == "page" for _, attributes in page.tags) >= 1


def test_the_quality_page_shows_what_failed_and_where(offices: TestClient) -> None:
    page = read(offices, "/mesh/brokerage/deals/quality")
    assert "deals.stage.enum" in page.text and "one of enquiry, viewing" in page.text
    assert re.search(r"\b9 of 1,\d{3} rows", page.text)
    assert "latency" in page.text and "broken" in page.text


def test_a_contract_is_shown_as_tables_and_as_yaml(offices: TestClient) -> None:
    page = read(offices, "/mesh/brokerage/deals/deals@2")
    assert all(
        word in page.text for word in ("yearly_rent_eur", "decimal(14,2)", "signed_deals_have_a_lease")
    )
    assert "personal" in page.text
    yaml = offices.get("/mesh/brokerage/deals/deals@2?view=yaml")
    assert yaml.headers["content-type"].startswith("text/yaml")
    assert "id: brokerage-deals\n" in yaml.text and "version: 2.1.0" in yaml.text
    assert "version: 1.4.0" in offices.get("/mesh/brokerage/deals/deals@1?view=yaml").text


def test_an_older_major_is_named_as_sql_names_it(offices: TestClient) -> None:
    assert 'brokerage.deals.\\"deals@1\\"' in read(offices, "/mesh/brokerage/deals/deals@1").text
    assert 'FROM brokerage.deals.deals LIMIT 10"' in read(offices, "/mesh/brokerage/deals/deals@2").text


def test_lineage_is_drawn_with_tables_and_leads_to_their_pages(offices: TestClient) -> None:
    page = read(offices, "/mesh/brokerage/broker_cockpit/lineage")
    assert "source-crm-deals" in page.text and "rent_against_market" in page.text
    assert "/mesh/leasing/leases/leases@1/leases" in page.links
    assert sum(tag == "path" and "wire" in (a.get("class") or "") for tag, a in page.tags) > 20


def test_a_column_shows_where_it_comes_from_and_where_else_its_name_occurs(offices: TestClient) -> None:
    page = read(offices, "/mesh/assets/buildings/buildings@1/buildings/building_id")
    assert "Permanent number of the building" in page.text
    assert "/mesh/assets/occupancy/occupancy@1/building_occupancy/building_id" in page.links
    assert "/mesh/leasing/leases/leases@1/leases/building_id" in page.links
    assert "What it bears on" in page.text


def test_search_finds_tables_and_columns_and_narrows_down(offices: TestClient) -> None:
    page = read(offices, "/search?q=which+buildings+stand+empty")
    assert "/mesh/brokerage/broker_cockpit/cockpit@1/vacancy" in page.links
    tables = read(offices, "/search?q=rent&type=object")
    kinds = [text for text in tables.texts if text in ("table", "column", "product")]
    assert "column" not in kinds[kinds.index("table") + 1 :]
    found = offices.get("/search/suggestions?q=vac").json()["results"]
    assert any(each["href"].endswith("/vacancy") for each in found)
    assert "Nothing is found" in read(offices, "/search?q=zzqqxxyy").text


def test_the_map_has_every_product(offices: TestClient) -> None:
    page = read(offices, "/map")
    products = {link for link in page.links if re.fullmatch(r"/mesh/\w+/\w+", link)}
    assert len(products) == 12
    assert "Finance" in read(offices, "/map?domain=finance").text
    read(offices, "/map?domain=nowhere", 404)


def test_the_portfolio_is_sorted_and_narrowed(offices: TestClient) -> None:
    def order(query: str) -> list[str]:
        found = [
            a["href"]
            for tag, a in read(offices, f"/portfolio{query}").tags
            if a.get("class") == "product-link"
        ]
        return [str(each).removeprefix("/mesh/") for each in found]

    assert set(order("")[:2]) == {"brokerage/deals", "leasing/leases"}
    assert order("?sort=name")[0] == "assets/building_list"
    assert order("?sort=use")[0] in ("assets/buildings", "leasing/leases")
    assert order("?domain=finance&sort=name") == ["finance/invoices", "finance/tenant_risk"]
    assert order("?status=draft") == ["finance/tenant_risk"]
    assert set(order("?health=bad")) == {"brokerage/deals", "leasing/leases"}
    read(offices, "/portfolio?sort=luck", 400)


def test_operations_show_runs_failures_and_freshness(offices: TestClient) -> None:
    page = read(offices, "/operations")
    assert "14 runs in 24 hours" in page.text and "2 of them failed" in page.text
    assert "Failing leasing / Leases" in page.text or "Failing brokerage / Deals" in page.text
    failed = read(offices, "/operations?status=failed")
    assert (
        sum(attributes.get("title", "").startswith("20") for tag, attributes in failed.tags if tag == "span")
        == 2
    )


@pytest.mark.parametrize(
    "address",
    [
        "/mesh/nowhere",
        "/mesh/brokerage/nothing",
        "/mesh/brokerage/deals/nothing",
        "/mesh/brokerage/deals/deals@9",
        "/mesh/brokerage/deals/deals@99999999999999999999",
        "/mesh/brokerage/deals/deals@2/nothing",
        "/mesh/brokerage/deals/deals@2/deals/nothing",
        "/mesh/brokerage/deals/@2",
        "/mesh/a/b/c/d/e/f",
    ],
)
def test_what_is_not_there_is_a_page_with_the_way_out(offices: TestClient, address: str) -> None:
    page = read(offices, address, 404)
    assert "Go home" in page.text and "way out" in page.text.lower()


def test_pages_are_the_same_for_any_number_of_a_page(offices: TestClient) -> None:
    for address in (
        "/portfolio?page=-3",
        "/portfolio?page=999",
        "/operations?page=0",
        "/search?q=rent&page=999",
    ):
        read(offices, address)
    read(offices, "/portfolio?page=x", 400)


def test_a_theme_that_was_chosen_stays(offices: TestClient) -> None:
    answer = offices.get(
        "/theme?to=dark", headers={"referer": "http://testserver/map"}, follow_redirects=False
    )
    assert answer.status_code == 303 and answer.headers["location"] == "/map"
    assert 'data-theme="dark"' in offices.get("/").text
    for elsewhere in ("http://evil.example/x", "http://testserver//evil.example/x"):
        answer = offices.get("/theme?to=light", headers={"referer": elsewhere}, follow_redirects=False)
        assert answer.headers["location"] == "/"
    offices.get("/theme?to=system")
    assert "data-theme" not in offices.get("/").text.partition(">")[0]


def test_a_mesh_without_runs_has_pages(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.csv("data/orders.csv", "nothing", "1")
    mesh.run("apply", "--yes", code=1)
    client = client_of(mesh.root)
    for address in ("/", "/map", "/portfolio", "/operations", "/governance", "/mesh/finance"):
        read(client, address)
    for tab in TABS:
        read(client, f"/mesh/finance/revenue{tab}")
    assert "Nothing is published yet" in read(client, "/mesh/finance/revenue").text


HOSTILE = (
    "<script>alert(1)</script>",
    "'; DROP TABLE products; --",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "\u202eright to left\u202c \u0007bell",
    "数据 données данные بيانات",
    "a/b?c#d&e=f%2F..",
    "..",
    "x" * 3000,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_texts_of_any_kind_are_shown_and_never_run(tmp_path: Path, name: str) -> None:
    mesh = MeshFolder(tmp_path)
    mesh.csv("data.csv", "id", "1")
    columns = [
        column("id", description=name, classification=name, businessName=name, tags=[name], examples=[name]),
        column(name or "x", "string", description=name),
    ]
    said = {"name": name, "description": {"purpose": name, "usage": name, "limitations": name}}
    table = {"name": "things", "description": name, "properties": columns, "tags": [name]}
    rule = {"name": name, "type": "text", "description": name}
    document = {
        **contract("c", {}),
        **said,
        "schema": [{**table, "quality": [rule]}, {**table, "name": name}],
    }
    mesh.product(
        "sales/things",
        [
            {**contract("file", {"rows": [column("id")]}, servers=csv_server("data.csv")), **said},
            document,
        ],
        {
            "things.sql": "select id, 'x' as other from files.rows\n",
        },
        inputs=[("files", "file")],
        outputs=[("things", "1.0.0", "c")],
        **said,
        tags=[name],
        team={"name": name, "members": [{"username": name, "name": name, "role": "owner"}]},
        support=[{"channel": name, "url": name, "tool": name, "description": name}],
        authoritativeDefinitions=[{"type": name, "url": name}],
        customProperties=[{"property": name, "value": name}],
    )
    (mesh.root / "domains" / "sales" / "domain.yaml").write_text(
        json.dumps({"domain": "sales", "description": name})
    )
    apply_as_declared(mesh.root)
    client = client_of(mesh.root)
    seen: set[str] = set()
    left = ["/", "/map", "/portfolio", "/governance", "/operations", "/search?q=id", "/search?type=column"]
    while left:
        address = left.pop()
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(address, answer.text)
        assert {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "style"} == set()
        assert [a for tag, a in page.tags if tag == "script"] == [
            {"src": a["src"], "defer": None} for tag, a in page.tags if tag == "script"
        ]
        for tag, attributes in page.tags:
            assert not any(each.startswith("on") or each == "style" for each in attributes), (tag, attributes)
        assert not any(each.lower().startswith(("javascript:", "data:", "vbscript:")) for each in page.abroad)
        assert "\u202e" not in answer.text and "\x07" not in answer.text
        for link in map(without_fragment, page.links):
            if link.startswith("/mesh/") and link not in seen:
                seen.add(link)
                left.append(link)
    assert any(link.count("/") == 6 for link in seen)


def test_a_product_of_two_thousand_columns_and_fifty_tables_has_usable_pages(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    nested = column("address", "object", properties=[column("city", "string"), column("zip", "string")])
    wide = [*(column(f"column_{n}", "string", description=f"Number {n}") for n in range(2000)), nested]
    objects = {"wide": wide, **{f"table_{n}": [column("id")] for n in range(49)}}
    mesh.product(
        "sales/wide", [contract("c", objects)], {"wide.sql": "select 1"}, outputs=[("wide", "1.0.0", "c")]
    )
    apply_as_declared(mesh.root)
    client = client_of(mesh.root)
    port = read(client, "/mesh/sales/wide/wide@1")
    assert "All 2,001 columns" in port.text and "/mesh/sales/wide/wide@1/table_48" in port.links
    assert len(port.tags) < 6000
    table = read(client, "/mesh/sales/wide/wide@1/wide")
    assert "column_1999" in table.text and "zip" in table.text
    part = read(client, "/mesh/sales/wide/wide@1/wide/address.city")
    assert "address.city" in part.text
