"""One HTTP request after another: credentials, redirects, retries, limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from meshwright.adapters.api.settings import ApiSettings, Auth
from meshwright.errors import DriftError, MeshwrightError, MissingPart, Unavailable
from meshwright.provisioning.secrets import scrub

if TYPE_CHECKING:
    import requests

REDIRECTS = 5
LARGEST_ANSWER = 256 << 20
"""Bytes of one page; a larger one is an error, so that memory stays bounded."""

LONGEST_WAIT = 60.0
"""Seconds waited before a retry, whatever the server asks for."""

_NO_CONNECTION = (
    "Connection refused",
    "Name or service not known",
    "Temporary failure in name resolution",
    "No route to host",
    "Network is unreachable",
)

_PASSING = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of one page, where it came from, and the link to the next one in its headers."""

    body: bytes
    url: str
    next_link: str | None


class ApiClient:
    """Fetches pages; never sends credentials to another origin than the server's location."""

    def __init__(
        self,
        settings: ApiSettings,
        server: str,
        secrets: Mapping[str, str],
        where: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import requests

        self._settings = settings
        self._secrets = secrets
        self._where = where
        self._sleep = sleep
        self._origin = origin(settings.url)
        self._session = requests.Session()
        self._headers, self._params, self._basic = _credentials(settings.auth, server, secrets, where)

    def close(self) -> None:
        """Close connections."""
        self._session.close()

    def get(self, url: str, params: Mapping[str, str]) -> Answer:
        """One page.

        Raises:
            DriftError: there is nothing at the address (404, 410).
            Unavailable: the server does not answer, refuses, or fails more often than we retry.
        """
        import requests

        for attempt in range(self._settings.retries + 1):
            wait: float | None = None
            try:
                with self._follow(url, params) as response:
                    if response.status_code not in _PASSING:
                        return self._answer(response)
                    failure = f"it answers {response.status_code} {response.reason}"
                    wait = _retry_after(response)
            except (requests.RequestException, OSError) as error:
                failure = self._clean(error)
            if attempt < self._settings.retries:
                self._sleep(min(wait if wait is not None else 0.5 * 2**attempt, LONGEST_WAIT))
        tries = self._settings.retries + 1
        raise self._unavailable(f"{shown(url)} failed {tries} time{'s' if tries > 1 else ''}", failure)

    def refuse_elsewhere(self, link: str, base: str) -> str:
        """A link of an answer as an address of the same origin.

        Raises:
            Unavailable: it leads to another host, port or scheme.
        """
        url = urljoin(base, link)
        if origin(url) != self._origin:
            raise self._unavailable(
                f"the next page is at another place: {shown(url)}",
                f"pages are only read from {'://'.join(map(str, self._origin[:2]))}",
            )
        return url

    def _follow(self, url: str, params: Mapping[str, str]) -> requests.Response:
        """The first answer that is no redirect; other origins get neither credentials nor headers."""
        for _ in range(REDIRECTS + 1):
            ours = origin(url) == self._origin
            target = with_params(url, {**params, **(self._params if ours else {})})
            response = self._session.get(
                target,
                headers={"Accept": "application/json", **(self._headers if ours else {})},
                auth=_Credentials(self._basic if ours else None),
                timeout=(min(10.0, self._settings.timeout), self._settings.timeout),
                allow_redirects=False,
                stream=True,
            )
            location = response.headers.get("Location")
            if not response.is_redirect or location is None:
                return response
            response.close()
            url, params = urljoin(url, location), {}
            if urlsplit(url).scheme not in ("http", "https"):
                raise self._unavailable(
                    f"{shown(target)} redirects to something that is no web address", None
                )
        raise self._unavailable(f"{shown(self._settings.url)} redirects more than {REDIRECTS} times", None)

    def _answer(self, response: requests.Response) -> Answer:
        status, url = response.status_code, response.url
        if status in (404, 410):
            raise DriftError(
                f"there is nothing at {shown(url)}",
                where=self._where,
                why=f"the API answers {status} {response.reason}",
                way_out="correct the physicalName of the contract's object, or the server's `path`",
            )
        if status in (401, 403):
            raise self._unavailable(
                f"{shown(url)} refuses us: {status} {response.reason}",
                "the credentials are missing, wrong or not enough",
                "check the server's secrets in the environment, and its `auth`",
            )
        if not 200 <= status < 300:
            raise self._unavailable(f"{shown(url)} answers {status} {response.reason}", None)
        chunks, size = [], 0
        for chunk in response.iter_content(1 << 16):
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise self._unavailable(
                    f"{shown(url)} answers with more than {LARGEST_ANSWER >> 20} MiB",
                    None,
                    "declare paging with a smaller page size",
                )
            chunks.append(chunk)
        link = response.links.get("next", {}).get("url")
        return Answer(b"".join(chunks), strip_params(url, self._params), link)

    def _clean(self, error: Exception) -> str:
        """The reason in one line, without addresses' parameters and without secrets."""
        import requests

        if isinstance(error, requests.Timeout):
            return f"no answer within {self._settings.timeout:g} s"
        if isinstance(error, requests.exceptions.ChunkedEncodingError):
            return "the connection was lost in the middle of an answer"
        if isinstance(error, requests.exceptions.SSLError):
            return "the TLS connection failed: its certificate is not trusted, or the protocol differs"
        if isinstance(error, requests.ConnectionError):
            reason = next((words for words in _NO_CONNECTION if words in str(error)), None)
            return f"no connection: {reason}" if reason else "no connection, or it was lost"
        return scrub(str(error).splitlines()[0] if str(error) else type(error).__name__, self._secrets)

    def _unavailable(self, what: str, why: str | None, way_out: str | None = None) -> MeshwrightError:
        clean = None if why is None else scrub(why, self._secrets)
        return Unavailable(
            scrub(what, self._secrets),
            where=self._where,
            why=clean,
            way_out=way_out or "check that the API runs, and the server's location",
        )


class _Credentials:
    """Applies basic credentials, or none; being there keeps requests from looking into ~/.netrc."""

    __slots__ = ("_basic",)

    def __init__(self, basic: tuple[str, str] | None) -> None:
        self._basic = basic

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._basic is not None:
            from requests.auth import _basic_auth_str

            user, password = (part.encode() for part in self._basic)
            request.headers["Authorization"] = _basic_auth_str(user, password)
        return request


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what credentials are bound to."""
    parts = urlsplit(url)
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or standard


def shown(url: str) -> str:
    """An address for people: without parameters, which may carry tokens."""
    parts = urlsplit(url)
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def with_params(url: str, params: Mapping[str, str]) -> str:
    """The address with parameters set; those of the same name are replaced."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, True) if name not in params]
    return urlunsplit(parts._replace(query=urlencode([*kept, *params.items()])))


def strip_params(url: str, params: Mapping[str, str]) -> str:
    """The address without these parameters."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, True) if name not in params]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def _credentials(
    auth: Auth | None, server: str, secrets: Mapping[str, str], where: str
) -> tuple[dict[str, str], dict[str, str], tuple[str, str] | None]:
    """Headers, parameters and basic credentials.

    Without `auth`, a token is sent as a bearer token, and user with password as basic credentials.
    """
    kind = auth.kind if auth is not None else _usual(secrets)

    def secret(key: str) -> str:
        if key not in secrets:
            raise MissingPart(
                f"the server {server} has no secret {key}, which auth of kind {kind} needs",
                where=where,
                way_out=f"add {server}: {{{key}: env:NAME}} to the secrets of the environment in mesh.yaml",
            )
        return secrets[key]

    match kind:
        case "bearer":
            return {"Authorization": f"Bearer {secret('token')}"}, {}, None
        case "basic":
            return {}, {}, (secret("user"), secret("password"))
        case "header":
            return {(auth.name if auth else None) or "X-API-Key": secret("token")}, {}, None
        case "query":
            return {}, {(auth.name if auth else None) or "token": secret("token")}, None
    return {}, {}, None


def _usual(secrets: Mapping[str, str]) -> str:
    if "token" in secrets:
        return "bearer"
    return "basic" if {"user", "password"} <= secrets.keys() else "none"


def _retry_after(response: requests.Response) -> float | None:
    """Seconds the server asks us to wait."""
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if text.isdigit() else None
