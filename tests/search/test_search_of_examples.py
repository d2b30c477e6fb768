"""`mesh search` on the example meshes, as their people ask."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.examples.example_mesh import NOT_COPIED, Example

from meshwright.experience.load import load_tree
from meshwright.provisioning.registry import AppliedDomain
from meshwright.wiring import open_registry

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module", params=["premium-offices", "nyc-flights"])
def any_example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Example:
    return applied(request.param, tmp_path_factory.mktemp("mesh"))


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return applied("premium-offices", tmp_path_factory.mktemp("mesh"))


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return applied("nyc-flights", tmp_path_factory.mktemp("mesh"))


def applied(name: str, folder: Path) -> Example:
    """An example whose declarations are in its registry; nothing is built."""
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
    tree = load_tree(folder)
    environment = tree.settings.environments[tree.settings.default_environment]
    bundles = [
        (each, str(each.documents["product.yaml"].get("status") or "active").lower())
        for each in tree.bundles.values()
    ]
    domains = [AppliedDomain(each.name, "1", each.document, "here") for each in tree.domains.values()]
    registry = open_registry(environment, folder)
    registry.apply(environment.name, None, bundles, [], domains, [])
    return Example(folder)


def places(example: Example, *words: str) -> list[str]:
    found: list[dict[str, Any]] = example.data("search", *words)["found"]
    return [each["address"].removeprefix("mesh://").partition("/")[2] for each in found]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("vacancy rate", "assets/occupancy/occupancy@1#building_occupancy.vacancy_rate"),
        ("vacnacy rate", "assets/occupancy/occupancy@1#building_occupancy.vacancy_rate"),
        ("energy label", "assets/buildings/buildings@1#buildings.energy_label"),
        ("lost reason", "brokerage/deals/deals@2#deals.lost_reason"),
        ("rent roll", "leasing/rent_roll"),
        ("when does a lease end", "leasing/leases/leases@1#leases.end_on"),
        ("what do tenants owe us", "finance/tenant_risk"),
        ("brokerEmail", "brokerage/deals/deals@2#brokers.email"),
        ("VAT", "finance/invoices/invoices@1#invoices.vat_eur"),
    ],
)
def test_people_of_an_office_company_find_what_they_ask_for(
    offices: Example, asked: str, expected: str
) -> None:
    assert expected in places(offices, asked)[:5]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("tail number", "aviation/fleet/fleet@1#planes.tailnum"),
        ("time zone of an airport", "aviation/airports/airports@1#airports.tzone"),
        ("precipitation", "weather/observations/observations@1#weather.precip"),
        ("mean departure delay by hour", "punctuality/delays/delays@1#by_hour.mean_departure_delay"),
    ],
)
def test_people_who_fly_find_what_they_ask_for(flights: Example, asked: str, expected: str) -> None:
    assert expected in places(flights, asked)[:8]


def test_every_product_is_found_by_its_name(any_example: Example) -> None:
    rows = any_example.rows("select domain, product from mesh.products where domain <> 'mesh'")
    for row in rows:
        wanted = f"{row['domain']}/{row['product']}"
        assert wanted in places(any_example, row["product"].replace("_", " "), "--type", "product")[:2]


def test_facets_say_what_else_could_be_chosen(offices: Example) -> None:
    answer = offices.data("search", "rent", "--facet", "domain=brokerage", "--type", "column")
    assert {each["domain"] for each in answer["found"]} == {"brokerage"}
    assert {each["type"] for each in answer["found"]} == {"column"}
    assert [each["value"] for each in answer["facets"]["domain"]] == ["brokerage"]


def test_the_text_says_what_is_found_and_where(offices: Example) -> None:
    text = offices.type("search", "vacnacy rate", "--limit", "2")
    assert "Nothing has `vacnacy`; looked for vacancy." in text
    assert "vacancy_rate  (column, number)" in text
    assert "  mesh://premium_offices/brokerage/broker_cockpit/cockpit@1#vacancy.vacancy_rate" in text
    assert "  type: column" in text
    assert all(len(line) <= 100 for line in text.splitlines() if "://" not in line)


def test_what_is_not_there_is_not_found(offices: Example) -> None:
    assert offices.type("search", "qqqqqqqqqq").startswith("Nothing is found.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing is asked for"),
        (["  "], "nothing is asked for"),
        (["x", "--facet", "colour"], "`colour` is no facet"),
        (["x", "--facet", "colour=red"], "there is no facet `colour`"),
        (["x", "--format", "xml"], "`xml` is no format"),
    ],
)
def test_what_cannot_be_asked_is_told(offices: Example, words: list[str], said: str) -> None:
    assert said in offices.type("search", *words, code=2)


def test_the_index_follows_what_is_applied(tmp_path: Path) -> None:
    example = applied("nyc-flights", tmp_path)
    assert places(example, "zeppelin") == []
    domain = example.folder / "domains" / "weather" / "domain.yaml"
    domain.write_text(domain.read_text().replace("description:", "tags: [zeppelin]\ndescription:", 1))
    assert places(example, "zeppelin") == []  # a tree that is not applied is not searched
    applied_again = load_tree(example.folder)
    environment = applied_again.settings.environments["dev"]
    documents = [
        AppliedDomain(each.name, "2", each.document, "here") for each in applied_again.domains.values()
    ]
    registry = open_registry(environment, example.folder)
    registry.apply("dev", registry.state("dev").token, [], [], documents, [])
    assert places(example, "zeppelin") == ["weather"]
