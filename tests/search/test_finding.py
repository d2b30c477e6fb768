"""What is found, and in which order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.search.searching import Searched, product

from meshwright.errors import InputError


@pytest.fixture
def shop(tmp_path: Path) -> Searched:
    orders = product(
        "sales/orders",
        {
            "orders": [
                {"name": "order_id", "primaryKey": True},
                {"name": "customerName", "classification": "personal", "description": "Who bought."},
                {"name": "netAmountEur", "description": "What was paid without tax.", "tags": ["money"]},
            ],
            "returns": ["order_id", {"name": "reason", "description": "Why a parcel came back."}],
        },
        name="Orders",
        description={"purpose": "Everything that was ever ordered in our shop."},
        tags=["core"],
        type="source-aligned",
        team={"name": "Sales", "members": [{"username": "ada", "role": "owner"}]},
    )
    report = product(
        "finance/report",
        {"revenue_by_month": ["month", "amount"]},
        reads="sales/orders",
        description={"purpose": "Turnover by month."},
        type="consumer-aligned",
    )
    domains = {"sales": "People who sell parcels.", "finance": "People who count."}
    return Searched(tmp_path, [orders, report], domains=domains)


def test_a_word_finds_what_has_it(shop: Searched) -> None:
    answer = shop.ask("returns")
    assert answer.found[0].address == "mesh://acme/sales/orders/out@1#returns"
    assert (answer.found[0].type, answer.found[0].object, answer.found[0].port) == (
        "object",
        "returns",
        "out",
    )


@pytest.mark.parametrize(
    "text", ["net amount", "netAmountEur", "net_amount_eur", "netamounteur", "NET AMOUNT"]
)
def test_identifiers_are_found_however_they_are_written(shop: Searched, text: str) -> None:
    assert shop.places(text)[0] == "sales/orders/out@1#orders.netAmountEur"


@pytest.mark.parametrize("text", ["custmer", "cusotmer", "custommer", "customers"])
def test_misspelt_words_find_what_was_meant(shop: Searched, text: str) -> None:
    assert shop.places(text)[0] == "sales/orders/out@1#orders.customerName"


def test_a_correction_is_told(shop: Searched) -> None:
    assert shop.ask("custmer").corrected == {"custmer": ("customer",)}
    assert shop.ask("customer").corrected == {}


def test_two_words_written_as_one_are_taken_apart(shop: Searched) -> None:
    assert shop.places("ordertax")  # nothing is called so, and nothing is like it
    assert shop.ask("ordertax").corrected == {"ordertax": ("order", "tax")}


def test_words_of_business_find_each_other(shop: Searched) -> None:
    assert "sales/orders/out@1#orders.customerName" in shop.places("clients")
    assert "finance/report" in shop.places("revenues")[:4]  # its purpose says turnover


def test_a_question_is_asked_without_its_small_words(shop: Searched) -> None:
    found = shop.places("why did it come back to us?")
    assert set(found[:2]) == {"sales/orders/out@1#returns", "sales/orders/out@1#returns.reason"}


def test_small_words_alone_are_looked_for(tmp_path: Path) -> None:
    searched = Searched(tmp_path, [product("a/b", {"which": ["what"]})])
    assert set(searched.places("what")) == {"a/b/out@1#which.what", "a/b/out@1#which"}


def test_what_is_being_typed_is_found_by_its_beginning(shop: Searched) -> None:
    assert "sales/orders/out@1#returns" in shop.places("ret", typing=True)
    assert "sales/orders/out@1#orders.customerName" in shop.places("orders cus", typing=True)
    assert shop.places("r", typing=True)


def test_synonyms_and_business_names_and_definitions_are_found(tmp_path: Path) -> None:
    column = {
        "name": "x1",
        "businessName": "Annual leave",
        "synonyms": [{"synonym": "Jahresurlaub", "locale": "de"}],
        "authoritativeDefinitions": [
            {
                "type": "businessDefinition",
                "url": "https://wiki/terms/Paid%20Absence",
                "description": "Days off.",
            }
        ],
    }
    searched = Searched(tmp_path, [product("hr/people", {"staff": [column, "name"]})])
    address = "hr/people/out@1#staff.x1"
    for text in ("annual leave", "jahresurlaub", "paid absence"):
        assert address in searched.places(text), text
    term = searched.ask("paid absence", type=["term"]).found[0]
    assert (term.type, term.title, term.address) == (
        "term",
        "Paid Absence",
        "https://wiki/terms/Paid%20Absence",
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("空室率", "空室"),
        ("空室率", "空室率"),
        ("임대료_합계", "임대료"),
        ("Größe", "grosse"),
        ("größe", "GRÖSSE"),
        ("Площадь_здания", "площадь"),
        ("مساحة_المبنى", "المبنى"),
        ("क्षेत्रफल", "क्षेत्रफल"),
        ("พื้นที่ว่าง", "ว่าง"),
        ("loyer_annuel_déclaré", "declare"),
    ],
)
def test_any_script_is_found(tmp_path: Path, name: str, text: str) -> None:
    searched = Searched(tmp_path, [product("a/b", {"t": [name, "other", "建物", "面積"]})])
    answer = searched.ask(text)
    assert answer.found[0].title == name
    assert answer.found[0].marks["title"]


def test_marks_are_where_the_words_are(shop: Searched) -> None:
    found = shop.ask("net paid").found[0]
    assert [found.title[a:b] for a, b in found.marks["title"]] == ["net"]
    assert found.description is not None
    assert [found.description[a:b] for a, b in found.marks["description"]] == ["paid"]


def test_facets_count_and_filter(shop: Searched) -> None:
    answer = shop.ask("order")
    assert dict(answer.facets["domain"]) == {"sales": len(answer.found)}
    assert answer.total == answer.counted == len(answer.found)
    for name, values in answer.facets.items():
        for value, count in values:
            only = shop.ask("order", **{name: [value]})
            assert only.total == count, (name, value)
            assert {each.address for each in only.found} <= {each.address for each in answer.found}


def test_every_facet_has_its_values(shop: Searched) -> None:
    facets = shop.ask("", limit=50, domain=["sales"]).facets
    assert dict(facets["type"]) == {"column": 5, "object": 2, "product": 1, "port": 1, "domain": 1}
    assert dict(facets["classification"]) == {"personal": 1}
    assert dict(facets["owner"]) == {"ada": 9}
    assert dict(facets["tag"]) == {"core": 1, "money": 1}
    assert dict(facets["product_type"]) == {"source-aligned": 9}
    assert dict(facets["status"]) == {"active": 9}


def test_several_values_of_a_facet_are_alternatives_and_several_facets_are_not(shop: Searched) -> None:
    assert {each.domain for each in shop.ask("", domain=["sales", "finance"]).found} == {"sales", "finance"}
    assert shop.ask("", domain=["finance"], classification=["personal"]).total == 0
    for text in ("", "order"):
        every = shop.ask(text, limit=50).found
        for types in (["column"], ["column", "product"], ["port", "object"]):
            found = shop.ask(text, limit=50, type=types).found
            assert {each.address for each in found} == {each.address for each in every if each.type in types}


def test_source_systems_are_a_facet(tmp_path: Path) -> None:
    made = product("a/b", {"t": ["x"]}, inputPorts=[{"name": "up", "contractId": "crm"}])
    server = {"server": "crm", "type": "postgres"}
    source = {
        "id": "crm",
        "version": "1.0.0",
        "servers": [server],
        "schema": [{"name": "deals", "properties": []}],
    }
    made.documents["contracts/crm.yaml"] = source  # type: ignore[index]
    searched = Searched(tmp_path, [made])
    assert dict(searched.ask("x", type=["column"]).facets["source"]) == {"crm": 1}
    assert searched.places("crm") == ["a/b"]
    assert "a/b/out@1#t.x" in searched.places("x", source=["crm"])


def test_an_unknown_facet_is_told_with_those_there_are(shop: Searched) -> None:
    with pytest.raises(InputError, match="there is no facet `colour`") as caught:
        shop.ask("x", colour=["red"])
    assert "domain" in str(caught.value.way_out)


def two(**second: Any) -> list[Any]:
    about = {"description": {"purpose": "Prices of houses."}}
    return [
        product("a/one", {"prices": ["x"]}, **about),
        product("a/two", {"prices": ["x"]}, **{**about, **second}),
    ]


@pytest.mark.parametrize("status", ["deprecated", "retired", "draft"])
def test_what_is_not_active_comes_after_what_is(tmp_path: Path, status: str) -> None:
    searched = Searched(tmp_path / status, two(status=status))
    assert searched.places("prices", type=["object"]) == ["a/one/out@1#prices", "a/two/out@1#prices"]
    other = Searched(tmp_path / "other", [product("a/one", {"prices": ["x"]}, status=status), two()[1]])
    assert other.places("prices", type=["object"]) == ["a/two/out@1#prices", "a/one/out@1#prices"]


def test_what_others_use_comes_before_what_nobody_does(tmp_path: Path) -> None:
    readers = [product(f"b/r{at}", {"t": ["y"]}, reads="a/two") for at in range(5)]
    searched = Searched(tmp_path, [*two(), *readers])
    assert searched.places("prices", type=["object"])[0] == "a/two/out@1#prices"
    assert searched.ask("prices", type=["object"]).found[0].use > 0


def test_relevance_comes_before_use(tmp_path: Path) -> None:
    exact = product("a/exact", {"energy_label": ["energy_label"]})
    used = product(
        "a/used", {"houses": [{"name": "note", "description": "No word of any label, nor energy."}]}
    )
    readers = [product(f"b/r{at}", {"t": ["y"]}, reads="a/used") for at in range(40)]
    searched = Searched(tmp_path, [exact, used, *readers])
    assert searched.places("energy label")[0] == "a/exact/out@1#energy_label"


def test_columns_of_one_name_do_not_come_before_all_others(tmp_path: Path) -> None:
    many = [product(f"a/p{at}", {f"t{at}": ["month"]}) for at in range(30)]
    other = product(
        "a/other", {"calendar": [{"name": "first_day", "description": "The first day of a month."}]}
    )
    searched = Searched(tmp_path, [*many, other])
    assert "a/other/out@1#calendar.first_day" in searched.places("month", limit=15, type=["column"])


def test_pages_follow_each_other(tmp_path: Path) -> None:
    from tests.search.searching import MESH

    from meshwright.supervision.search.question import Question
    from meshwright.supervision.search.search import MeshSearch

    searched = Searched(tmp_path, [product("a/b", {"t": [f"price{at}_x" for at in range(300)]})])
    search = MeshSearch(searched.index, MESH)
    whole = [each.address for each in search.ask(Question("x", {"type": ["column"]}, 300)).found]
    assert len(set(whole)) == 300
    parts = [
        each.address
        for start in range(0, 300, 70)
        for each in search.ask(Question("x", {"type": ["column"]}, 70, start)).found
    ]
    assert parts == whole


def test_an_object_of_2000_columns_is_found_with_all_of_them(tmp_path: Path) -> None:
    wide = product("a/wide", {"wide": [f"c{at}_value" for at in range(2000)]})
    searched = Searched(tmp_path, [wide])
    assert searched.renewal.entries == 2003
    assert searched.places("c1999")[0] == "a/wide/out@1#wide.c1999_value"
    assert searched.ask("value", type=["column"]).total == 2000
