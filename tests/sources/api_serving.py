"""A JSON API on loopback, and a way to read it, for the tests of the reader."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from source_building import column, source, table

from meshwright.adapters.api.reader import ApiReader
from meshwright.model.contract import ContractObject
from meshwright.provisioning.ports import Extraction, Increment

LISTINGS = table("listings", column("id", "integer", required=True), column("rent", "number"))
TOKEN = "t0p/secret+token"


@dataclass
class Request:
    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class Reply:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # hang up in the middle of the body


Answer = Callable[[Request], Reply]


@dataclass
class Api:
    """An HTTP server; `answer` decides what comes back, `requests` holds what was asked."""

    url: str
    answer: Answer
    requests: list[Request] = field(default_factory=list)


def items(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "rent": number * 1.5} for number in numbers]


@dataclass
class Reading:
    """Reads an API into a folder; `waits` are the seconds it would have slept."""

    folder: Path
    waits: list[float] = field(default_factory=list)

    def __call__(
        self,
        api: Api,
        obj: ContractObject = LISTINGS,
        increment: Increment | None = None,
        secrets: dict[str, str] | None = None,
        **custom: Any,
    ) -> Extraction:
        return self.reader(secrets).extract(self.source(api, obj, custom), obj, self.folder, increment)

    def reader(self, secrets: dict[str, str] | None = None) -> ApiReader:
        return ApiReader(Path("/nowhere"), {}, lambda server: secrets or {}, self.waits.append)

    def source(self, api: Api, obj: ContractObject, custom: dict[str, Any]) -> Any:
        return source("api", obj, {"location": f"{api.url}/v1/"}, custom, "listings_api")


NewApi = Callable[[Answer], Api]


@contextmanager
def serving() -> Iterator[NewApi]:
    """Starts servers, and stops them all."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Answer) -> Api:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                request = Request(parts.path, dict(parse_qsl(parts.query)), dict(self.headers))
                api.requests.append(request)
                reply = api.answer(request)
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if reply.cut else body)
                self.close_connection = reply.cut

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        api = Api(f"http://127.0.0.1:{server.server_address[1]}", answer)
        return api

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
