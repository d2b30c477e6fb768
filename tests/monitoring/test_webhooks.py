"""Webhooks: what is posted, and where nothing is."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from receivers import Hook
from watched_mesh import LOCAL, secrets

from meshwright.adapters.webhook.channel import WebhookChannel
from meshwright.adapters.webhook.places import is_public, networks_of, place_of
from meshwright.errors import InputError, MeshwrightError, MissingPart, Unavailable
from meshwright.provisioning.ports import Message, Recipient
from meshwright.supervision.incidents.channels import recipient_of

HOSTILE = "x\r\nBcc: eve@example.com\x00 <!channel> @here [click](http://evil.example) *b* </script> \u202e"


def message(line: str = "ERROR sales/orders: a run failed") -> Message:
    return Message("m1", f"acme: {line}", [line], {"id": "m1", "alerts": [{"summary": line}]})


def send(url: str, tool: str = "webhook", line: str = "it failed", seconds: float = 2, **known: Any) -> None:
    channel = WebhookChannel(secrets(known), LOCAL, seconds)
    channel.send(Recipient("webhook", tool, url), message(line))


def test_our_own_form_is_what_the_message_holds(hook: Hook) -> None:
    send(f"{hook.url}?team=a b", line=HOSTILE)
    assert hook.posts == [{"id": "m1", "alerts": [{"summary": HOSTILE}]}]
    assert hook.paths == ["/hook?team=a%20b"]
    assert hook.headers[0]["Content-Type"] == "application/json; charset=utf-8"


def test_slack_gets_text_that_calls_nobody(hook: Hook) -> None:
    send(hook.url, "slack", HOSTILE)
    text = hook.posts[0]["text"]
    assert "&lt;!channel&gt;" in text
    assert "<" not in text
    assert hook.posts[0]["unfurl_links"] is False


def test_mattermost_gets_text_that_calls_nobody_and_links_nowhere(hook: Hook) -> None:
    send(hook.url, "mattermost", HOSTILE)
    text = hook.posts[0]["text"]
    assert "@here" not in text
    assert "](" not in text
    send(hook.url, "mattermost", "it failed http://mesh.example/mesh/a_b/c")
    assert "<http://mesh.example/mesh/a_b/c>" in hook.posts[1]["text"]


def test_teams_gets_a_card_whose_texts_are_not_marked_up(hook: Hook) -> None:
    send(hook.url, "teams", HOSTILE)
    [attachment] = hook.posts[0]["attachments"]
    assert hook.posts[0]["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    body = attachment["content"]["body"]
    assert {block["type"] for block in body} == {"RichTextBlock"}
    assert body[1]["inlines"] == [{"type": "TextRun", "text": HOSTILE}]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(hook: Hook, status: int) -> None:
    other = Hook()

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", other.url)
        handler.end_headers()

    hook.answer = redirect
    try:
        with pytest.raises(Unavailable, match="redirect"):
            send(hook.url)
        assert other.raw == []
    finally:
        other.close()


@pytest.mark.parametrize("status", [100, 199, 400, 404, 410, 429, 500, 599])
def test_another_status_is_a_failure(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(Unavailable):
        send(hook.url)


@pytest.mark.parametrize("how", ["hang", "trickle"])
def test_a_webhook_that_takes_its_time_is_left(hook: Hook, how: str) -> None:
    hook.answer = getattr(hook, how)
    with pytest.raises(Unavailable) as late:
        send(hook.url, seconds=0.5)
    assert "longer than 0.5 s" in str(late.value.why)


def test_an_answer_without_end_is_not_read(hook: Hook) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not hook.let_go.is_set():
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    hook.answer = endless
    send(hook.url)


def test_nobody_listens(hook: Hook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="not reached"):
        send(f"http://127.0.0.1:{port}/")


def test_what_answers_nonsense_is_a_failure(hook: Hook) -> None:
    hook.answer = lambda handler: handler.wfile.write(b"\x00\xff nothing of HTTP\r\n\r\n") and None
    with pytest.raises(Unavailable):
        send(hook.url)


PRIVATE = [
    "https://127.0.0.1/",
    "https://10.1.2.3/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://localhost/",
    "https://LOCALHOST./",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_nothing_is_posted_to_networks_that_mesh_yaml_does_not_name(url: str) -> None:
    with pytest.raises((InputError, Unavailable)):
        place_of(url, ())


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "https://",
        "https:///x",
        "//example.com",
        "",
        "https://user:secret@127.0.0.1/",
        "https://user@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://[::1/",
        "https://exa mple.com/\r\nX: y",
        f"https://{'a' * 300}.example/",
        "http://93.184.216.34/",
    ],
)
def test_a_url_that_is_no_webhook_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises((InputError, Unavailable)) as refused:
        place_of(url, LOCAL)
    assert "secret" not in str(refused.value)


def test_the_open_internet_is_reached_by_https_only() -> None:
    assert place_of("https://93.184.216.34/x", ()).addresses == ("93.184.216.34",)
    with pytest.raises(InputError, match="nothing is posted") as refused:
        place_of("http://93.184.216.34/x", ())
    assert "https" in str(refused.value.why)
    assert place_of("http://10.1.2.3:8080/x", networks_of(["10.1.0.0/16"])).port == 8080
    assert is_public(ipaddress.ip_address("2606:4700::1111"))


def test_a_name_is_looked_up_once(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the name means later (DNS rebinding) changes nothing: the checked address is connected to."""
    port = hook.http.server_port
    asked: list[Any] = []
    real = socket.getaddrinfo

    def lookup(host: Any, *more: Any, **options: Any) -> Any:
        if host == "hook.example":
            asked.append(host)
            return real("127.0.0.1" if len(asked) == 1 else "127.0.0.9", *more, **options)
        return real(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    send(f"http://hook.example:{port}/hook")
    assert asked == ["hook.example"]
    assert hook.headers[0]["Host"] == f"hook.example:{port}"


def test_a_proxy_of_the_environment_is_not_used(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    send(hook.url)
    assert len(hook.posts) == 1


def test_a_secret_url_is_looked_up_and_never_shown(hook: Hook) -> None:
    send("secret:deals", alerts={"deals": hook.url})
    assert len(hook.posts) == 1
    hook.status = 500
    with pytest.raises(MeshwrightError) as failed:
        send("secret:deals", alerts={"deals": f"{hook.url}/T0KEN"})
    assert "T0KEN" not in repr(failed.value) + str(failed.value)
    with pytest.raises(MissingPart):
        send("secret:other", alerts={"deals": hook.url})
    assert "T0KEN" not in repr(Recipient("webhook", "slack", "https://hooks.slack.com/T0KEN"))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of hook.example that nobody but itself vouches for, with its key."""
    file = tmp_path / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", str(file), "-out", f"{file}.crt", "-subj", "/CN=hook.example"]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:hook.example"], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def test_a_certificate_must_be_that_of_the_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate)
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **options: real(
            "127.0.0.1" if str(host).endswith(".example") else host, *more, **options
        ),
    )
    try:
        with pytest.raises(Unavailable) as unknown:
            send(f"https://hook.example:{server.server_port}/")
        assert "certificate" in str(unknown.value.why)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with pytest.raises(Unavailable) as another:
            send(f"https://other.example:{server.server_port}/")
        assert "certificate" in str(another.value.why)
        assert received == []
        send(f"https://hook.example:{server.server_port}/")
        assert len(received) == 1
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("url", "tool", "said", "shape"),
    [
        ("https://hooks.slack.com/services/T/B/X", "Slack", None, "slack"),
        ("https://acme.slack.com/archives/C1", "slack", None, None),
        ("https://acme.slack.com/archives/C1", "slack", "false", None),
        ("https://chat.example/hooks/abc", "mattermost", None, "mattermost"),
        ("https://chat.example/team/channels/x", "mattermost", None, None),
        ("https://acme.webhook.office.com/webhookb2/1", "teams", None, "teams"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/1", "teams", None, "teams"),
        ("https://evil.example/.webhook.office.com", "teams", None, None),
        ("https://tickets.example/new", "ticket", None, None),
        ("https://tickets.example/new", "ticket", "True", "webhook"),
        ("https://in.example/x", "webhook", None, "webhook"),
        ("https://in.example/x", "webhook", "False", None),
        ("secret:deals", "slack", None, "slack"),
        ("mailto:ada@example.com?subject=x&bcc=eve@example.com", None, None, "email"),
        ("mailto:", "email", None, None),
        ("javascript:alert(1)", "webhook", None, None),
        ("https://[::1", "webhook", None, None),
        (None, "webhook", None, None),
    ],
)
def test_which_channels_take_alerts(url: str | None, tool: str | None, said: Any, shape: str | None) -> None:
    found = recipient_of({"url": url, "tool": tool, "alerts": said})
    assert (found and found.tool) == shape
    if shape == "email":
        assert found is not None
        assert found.place == "ada@example.com"


def test_what_is_posted_is_json_whatever_names_hold(hook: Hook) -> None:
    send(hook.url, line="lone \ud800 surrogate, NaN, \u2028")
    assert json.loads(hook.raw[0])
