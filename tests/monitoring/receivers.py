"""Real receivers of alerts on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """A webhook that keeps what is posted to it; `answer` says how a request is answered."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.raw: list[bytes] = []
        self.status = 200
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.let_go = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.raw.append(body)
                hook.paths.append(self.path)
                hook.headers.append(dict(self.headers))
                if hook.answer is not None:
                    hook.answer(self)
                    return
                if 200 <= hook.status < 300:
                    hook.posts.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/hook"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Phase, kind and product of every alert that arrived."""
        return [
            (alert["phase"], alert["kind"], f"{alert['domain']}/{alert['product']}")
            for post in self.posts
            for alert in post["alerts"]
        ]

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the test lets go."""
        self.let_go.wait(60)

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """Send one byte of a header now and then, for ever."""
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.let_go.is_set():
                handler.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def close(self) -> None:
        self.let_go.set()
        self.http.shutdown()
        self.http.server_close()


class Mailbox:
    """What aiosmtpd's handler protocol asks for: keeps every envelope."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.append(envelope)
        return "250 OK"
