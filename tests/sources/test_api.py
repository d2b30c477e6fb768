"""A JSON API on loopback as a source: paging, credentials, faults."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from api_serving import LISTINGS, Api, NewApi, Reading, Reply, Request, items
from source_building import column, read, table

from meshwright.errors import DriftError, InputError, Unavailable
from meshwright.model.types import ANY
from meshwright.provisioning.ports import Increment

# --- answers


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (items(1, 2), None),
        ({"data": items(1, 2), "total": 2}, None),
        ({"meta": {"items": []}, "payload": {"rows": items(1, 2)}}, "payload.rows"),
    ],
)
def test_items_are_found_where_they_are(new_api: NewApi, fetch: Reading, body: Any, path: str | None) -> None:
    api = new_api(lambda request: Reply(body))
    assert read(fetch(api, **({"items": path} if path else {}))) == [(1, 1.5), (2, 3.0)]
    assert [request.path for request in api.requests] == ["/v1/listings"]
    assert api.requests[0].headers["Accept"] == "application/json"


def test_nested_and_exact_values_become_the_contracts_types(new_api: NewApi, fetch: Reading) -> None:
    obj = table(
        "sites",
        column("price", "number", physical_type="decimal(30,10)"),
        column(
            "address",
            "object",
            properties=(column("city"), column("floors", "array", items=column("f", "integer"))),
        ),
        column("seen", "timestamp"),
        column("note"),
    )
    body = (
        b'[{"price": 12345678901234567890.1234567891, "address": {"city": "Z\\u00fcrich", "floors": [1, 2]},'
        b' "seen": "2026-01-02T10:00:00+02:00", "note": "\\ud800 \\u0000"}, {"note": {"deep": [1]}}]'
    )
    assert read(fetch(new_api(lambda request: Reply(body)), obj)) == [
        (
            Decimal("12345678901234567890.1234567891"),
            {"city": "Zürich", "floors": [1, 2]},
            dt.datetime(2026, 1, 2, 8),
            "? \x00",
        ),
        (None, None, None, '{"deep":[1]}'),
    ]


def test_describe_reads_one_page_and_knows_what_may_be_absent(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply([{"id": 1, "new": 2}]))
    given = fetch.source(api, LISTINGS, {"paging": {"kind": "page"}})
    assert dict(fetch.reader().describe(given, LISTINGS)) == {"id": ANY, "rent": ANY, "new": ANY}
    assert len(api.requests) == 1


def test_missing_keys_and_misfits_are_drift(new_api: NewApi, fetch: Reading) -> None:
    with pytest.raises(DriftError, match=r"no column id \(did you mean ID\?\)"):
        fetch(new_api(lambda request: Reply([{"ID": 1, "rent": 2}])))
    with pytest.raises(DriftError, match=r"column rent: 1 of 2 rows is no double, for example 'ask'"):
        fetch(new_api(lambda request: Reply([{"id": 1, "rent": 1}, {"id": 2, "rent": "ask"}])))
    with pytest.raises(DriftError, match=r"it has: error"):
        fetch(new_api(lambda request: Reply({"error": "x"})))
    with pytest.raises(DriftError, match="an item of the answer is no object but a int"):
        fetch(new_api(lambda request: Reply([1])))
    with pytest.raises(DriftError, match=r"there is nothing at http://127.0.0.1:\d+/v1/listings"):
        fetch(new_api(lambda request: Reply({}, 404)))
    assert fetch(new_api(lambda request: Reply([]))).rows == 0


# --- paging


def page_of(request: Request, numbers: list[int], name: str, size: int, first: int) -> list[dict[str, Any]]:
    start = (int(request.params[name]) - first) * size
    return items(*numbers[start : start + size])


def test_pages_are_read_until_an_empty_one(new_api: NewApi, fetch: Reading) -> None:
    # The API caps the page size below what is asked: a short page is not the last one.
    api = new_api(lambda request: Reply(page_of(request, [1, 2, 3, 4, 5], "p", 2, 0)))
    paging = {"kind": "page", "page_param": "p", "start": 0, "size_param": "per_page", "size": 100}
    assert fetch(api, paging=paging, params={"sort": "id"}).rows == 5
    assert [request.params for request in api.requests] == [
        {"sort": "id", "p": str(number), "per_page": "100"} for number in range(4)
    ]


def test_pages_end_at_a_short_one_or_at_the_total_if_told(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply(page_of(request, [1, 2, 3], "page", 2, 1)))
    assert fetch(api, paging={"kind": "page", "size": 2, "stop": "short"}).rows == 3
    assert len(api.requests) == 2
    api = new_api(
        lambda request: Reply({"items": page_of(request, [1, 2], "page", 2, 1), "meta": {"total": 2}})
    )
    assert fetch(api, paging={"kind": "page", "total_path": "meta.total"}).rows == 2
    assert len(api.requests) == 1


def test_offsets_count_what_came(new_api: NewApi, fetch: Reading) -> None:
    def answer(request: Request) -> Reply:
        start = int(request.params["skip"])
        return Reply(items(*range(start, min(start + 3, 7))))

    api = new_api(answer)
    paging = {"kind": "offset", "offset_param": "skip", "limit_param": "take", "size": 50}
    assert [row[0] for row in read(fetch(api, paging=paging))] == list(range(7))
    assert [(r.params["skip"], r.params["take"]) for r in api.requests] == [
        ("0", "50"),
        ("3", "50"),
        ("6", "50"),
        ("7", "50"),
    ]


def test_cursors_are_followed(new_api: NewApi, fetch: Reading) -> None:
    def answer(request: Request) -> Reply:
        cursor = int(request.params.get("after", 0))
        return Reply({"data": items(cursor), "page": {"next": cursor + 1 if cursor < 3 else None}})

    paging = {"kind": "cursor", "cursor_param": "after", "cursor_path": "page.next"}
    assert fetch(new_api(answer), paging=paging).rows == 4


def test_next_links_are_followed(new_api: NewApi, fetch: Reading) -> None:
    def answer(request: Request) -> Reply:
        number = int(request.params.get("p", 1))
        links = {1: "/v1/listings?p=2", 2: "?p=3"}
        return Reply({"results": items(number), "links": {"next": links.get(number)}})

    assert fetch(new_api(answer), paging={"kind": "next_link", "next_path": "links.next"}).rows == 3


def test_link_headers_are_followed(new_api: NewApi, fetch: Reading) -> None:
    def answer(request: Request) -> Reply:
        number = int(request.params.get("p", 1))
        link = f'<{api.url}/v1/listings?p={number + 1}>; rel="next", <{api.url}/>; rel="first"'
        return Reply(items(number), headers={"Link": link} if number < 3 else {})

    api = new_api(answer)
    assert fetch(api, paging={"kind": "link_header"}).rows == 3


@pytest.mark.parametrize(
    ("paging", "body"),
    [
        ({"kind": "page"}, items(1)),
        ({"kind": "offset"}, items(1)),
        ({"kind": "cursor"}, {"items": items(1), "next_cursor": "same"}),
        ({"kind": "next_link"}, {"items": items(1), "next": "?p=2"}),
    ],
)
def test_pages_that_repeat_are_noticed(
    new_api: NewApi, fetch: Reading, paging: dict[str, Any], body: Any
) -> None:
    api = new_api(lambda request: Reply(body))
    with pytest.raises(Unavailable, match="the pages of the API do not end"):
        fetch(api, paging=paging)
    assert len(api.requests) <= 3
    assert list(fetch.folder.iterdir()) == []


def test_endless_pages_stop_at_the_maximum(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply(items(int(request.params["page"]))))
    with pytest.raises(Unavailable, match="has more than 20 pages"):
        fetch(api, paging={"kind": "page"}, max_pages=20)
    assert len(api.requests) == 20


# --- increments and settings


def test_an_increment_is_asked_for_and_filtered(new_api: NewApi, fetch: Reading) -> None:
    obj = table("listings", column("id", "integer"), column("updated", "timestamp"))
    days = [{"id": day, "updated": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2, 3)]
    api = new_api(lambda request: Reply(days))
    first = fetch(api, obj, Increment("updated"), since_param="updated_since")
    assert (first.rows, first.cursor) == (3, "2026-01-03T00:00:00.000000")
    assert api.requests[0].params == {}
    then = fetch(api, obj, Increment("updated", first.cursor, 86400.0), since_param="updated_since")
    assert [row[0] for row in read(then)] == [2, 3]
    assert api.requests[1].params == {"updated_since": "2026-01-02T00:00:00.000000"}


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ({"pagging": {}}, "did you mean paging"),
        ({"paging": {"kind": "pages"}}, "one of none, page"),
        ({"paging": {"kind": "page", "pageparam": "p"}}, "did you mean page_param"),
        ({"paging": "page"}, "`paging` of an api server is a mapping"),
        ({"paging": {"kind": "page", "stop": "short"}}, "needs `size`"),
        ({"auth": {"kind": "oauth"}}, "one of none, bearer"),
        ({"auth": {"kind": "query"}}, "needs `name`"),
        ({"max_pages": "many"}, "is a whole number"),
    ],
)
def test_settings_that_are_wrong_are_explained(fetch: Reading, custom: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fetch(Api("http://127.0.0.1:1", lambda request: Reply()), **custom)


def test_path_and_location_make_the_address(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply(items(1)))
    obj = table("listings", *LISTINGS.properties, physical_name="a b/c")
    fetch(api, obj, path="objects/{object}.json?full=1")
    assert api.requests[0].path == "/v1/objects/a%20b%2Fc.json"
    assert api.requests[0].params == {"full": "1"}
