"""Credentials of a JSON API, and what happens when it fails."""

from __future__ import annotations

import base64

import pytest
from api_serving import TOKEN, Api, NewApi, Reading, Reply, Request, items

from meshwright.errors import InputError, MissingPart, Unavailable

# --- credentials


@pytest.mark.parametrize(
    ("auth", "secrets", "header", "expected"),
    [
        ({"kind": "bearer"}, {"token": TOKEN}, "Authorization", f"Bearer {TOKEN}"),
        (None, {"token": TOKEN}, "Authorization", f"Bearer {TOKEN}"),
        (
            {"kind": "basic"},
            {"user": "ann", "password": "pä:ss"},
            "Authorization",
            "Basic " + base64.b64encode("ann:pä:ss".encode()).decode(),
        ),
        ({"kind": "header", "name": "X-Key"}, {"token": TOKEN}, "X-Key", TOKEN),
        ({"kind": "none"}, {"token": TOKEN}, "Authorization", None),
        (None, {}, "Authorization", None),
    ],
)
def test_credentials_are_sent_as_declared(
    new_api: NewApi,
    fetch: Reading,
    auth: dict[str, str] | None,
    secrets: dict[str, str],
    header: str,
    expected: str | None,
) -> None:
    api = new_api(lambda request: Reply(items(1)))
    fetch(api, secrets=secrets, **({"auth": auth} if auth else {}))
    assert api.requests[0].headers.get(header) == expected


def test_a_token_can_be_a_parameter_of_every_page(new_api: NewApi, fetch: Reading) -> None:
    def answer(request: Request) -> Reply:
        number = int(request.params.get("p", 1))
        return Reply({"items": items(number), "next": f"{api.url}/v1/listings?p=2" if number == 1 else None})

    api = new_api(answer)
    fetch(api, secrets={"token": TOKEN}, auth={"kind": "query", "name": "key"}, paging={"kind": "next_link"})
    assert [request.params["key"] for request in api.requests] == [TOKEN, TOKEN]


def test_a_missing_secret_names_server_and_key(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply(items(1)))
    with pytest.raises(MissingPart, match="the server listings_api has no secret password"):
        fetch(api, secrets={"user": "ann"}, auth={"kind": "basic"})
    assert api.requests == []


@pytest.mark.parametrize(
    "auth", [{"kind": "bearer"}, {"kind": "header"}, {"kind": "query", "name": "key"}, {"kind": "basic"}]
)
def test_a_redirect_to_another_host_carries_no_credentials(
    new_api: NewApi, fetch: Reading, auth: dict[str, str]
) -> None:
    other = new_api(lambda request: Reply(items(1)))
    api = new_api(lambda request: Reply({}, 302, {"Location": f"{other.url}/elsewhere"}))
    secrets = {"token": TOKEN, "user": "ann", "password": TOKEN}
    assert fetch(api, secrets=secrets, auth=auth, headers={"X-Tenant": TOKEN}).rows == 1
    told = repr(other.requests)
    assert TOKEN not in told
    assert "Authorization" not in told
    assert "key" not in other.requests[0].params


def test_a_redirect_on_the_same_host_keeps_credentials(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(
        lambda request: (
            Reply({}, 307, {"Location": "/v2/listings"})
            if request.path.startswith("/v1")
            else Reply(items(1))
        )
    )
    assert fetch(api, secrets={"token": TOKEN}).rows == 1
    assert api.requests[1].headers["Authorization"] == f"Bearer {TOKEN}"
    turning = new_api(lambda request: Reply({}, 302, {"Location": request.path}))
    with pytest.raises(Unavailable, match="redirects more than 5 times"):
        fetch(turning)


def test_a_next_link_to_another_host_is_refused(new_api: NewApi, fetch: Reading) -> None:
    other = new_api(lambda request: Reply(items(2)))
    api = new_api(lambda request: Reply({"items": items(1), "next": f"{other.url}/x?key={TOKEN}"}))
    with pytest.raises(Unavailable, match="the next page is at another place") as caught:
        fetch(api, secrets={"token": TOKEN}, paging={"kind": "next_link"})
    assert other.requests == []
    assert TOKEN not in str(caught.value)


def test_credentials_in_the_location_are_refused_unseen(fetch: Reading) -> None:
    api = Api("http://ann:hunter2@127.0.0.1:1", lambda request: Reply())
    with pytest.raises(InputError, match="holds credentials") as caught:
        fetch(api)
    assert "hunter2" not in str(caught.value)


# --- faults


def test_passing_failures_are_tried_again(new_api: NewApi, fetch: Reading) -> None:
    replies = [
        Reply({}, 500),
        Reply({}, 429, {"Retry-After": "7"}),
        Reply(items(1, 2), cut=True),
        Reply(items(1, 2)),
    ]
    api = new_api(lambda request: replies[len(api.requests) - 1])
    assert fetch(api).rows == 2
    assert fetch.waits == [0.5, 7.0, 2.0]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply({}, 503), "answers 503"),
        (Reply(items(1), cut=True), "lost in the middle of an answer"),
    ],
)
def test_lasting_failures_are_unavailable_without_secrets(
    new_api: NewApi, fetch: Reading, reply: Reply, words: str
) -> None:
    api = new_api(lambda request: reply)
    with pytest.raises(Unavailable, match=words) as caught:
        fetch(api, secrets={"token": TOKEN}, auth={"kind": "query", "name": "key"})
    assert "failed 5 times" in str(caught.value)
    assert "t0p" not in str(caught.value)
    assert list(fetch.folder.iterdir()) == []


def test_a_failure_on_a_later_page_leaves_nothing(new_api: NewApi, fetch: Reading) -> None:
    api = new_api(lambda request: Reply(items(1)) if request.params["page"] == "1" else Reply({}, 500))
    with pytest.raises(Unavailable):
        fetch(api, paging={"kind": "page"}, retries=1)
    assert list(fetch.folder.iterdir()) == []


def test_an_api_that_is_not_there_is_unavailable(fetch: Reading) -> None:
    with pytest.raises(Unavailable, match="Connection refused"):
        fetch(Api("http://127.0.0.1:1", lambda request: Reply()), secrets={"token": TOKEN})


@pytest.mark.parametrize("body", [b"<html>", b"[NaN]", b"[" * 100_000, b"\xff", b""])
def test_an_answer_that_is_no_json_is_unavailable(new_api: NewApi, fetch: Reading, body: bytes) -> None:
    with pytest.raises(Unavailable, match="is no JSON"):
        fetch(new_api(lambda request: Reply(body)))


@pytest.mark.parametrize("status", [401, 403, 418])
def test_refusals_are_not_tried_again(new_api: NewApi, fetch: Reading, status: int) -> None:
    api = new_api(lambda request: Reply({"token": TOKEN}, status))
    with pytest.raises(Unavailable, match=str(status)):
        fetch(api, secrets={"token": TOKEN})
    assert len(api.requests) == 1
