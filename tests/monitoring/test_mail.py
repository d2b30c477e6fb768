"""Mail: real messages through a real server."""

from __future__ import annotations

import email
import email.policy
import socket
from email.message import EmailMessage
from typing import Any, cast

import pytest
from receivers import Mailbox
from test_webhooks import HOSTILE, message
from watched_mesh import Watched, secrets

from meshwright.adapters.mail.channel import MailChannel
from meshwright.errors import InputError, MissingPart, Unavailable
from meshwright.provisioning.ports import Recipient

Box = tuple[Mailbox, int]


def channel(port: int, **known: Any) -> MailChannel:
    return MailChannel(f"smtp://127.0.0.1:{port}", "mesh@acme.example", secrets(known), seconds=3)


def to(addresses: str) -> Recipient:
    return Recipient("mail", "email", addresses)


def received(box: Mailbox) -> list[EmailMessage]:
    parsed = [email.message_from_bytes(each.content, policy=email.policy.default) for each in box.envelopes]
    return cast("list[EmailMessage]", parsed)


def test_an_incident_is_told_by_mail_with_its_end(mesh: Watched, mailbox: Box) -> None:
    box, port = mailbox
    mesh.apply({"channel": "team", "url": "mailto:ada@acme.example,grace@acme.example"})
    watch = mesh.watch(channels={"mail": channel(port)}, pages="https://mesh.example")
    mesh.ran("failed")
    watch.sweep()
    mesh.ran()
    watch.sweep()
    begun, ended = received(box)
    assert begun["From"] == "mesh@acme.example"
    assert box.envelopes[0].rcpt_tos == ["ada@acme.example", "grace@acme.example"]
    assert begun["Subject"] == "acme (dev): run failed: sales/orders"
    assert ended["Subject"] == "acme (dev): run failed no more: sales/orders"
    assert begun["Auto-Submitted"] == "auto-generated"
    assert begun["Message-ID"] != ended["Message-ID"]
    text = begun.get_content()
    assert "checks of its contract failed" in text
    assert "https://mesh.example/mesh/sales/orders" in text
    assert "lovelace" not in text


def test_hostile_names_make_no_header_and_no_recipient(mailbox: Box) -> None:
    box, port = mailbox
    channel(port).send(to("ada@acme.example"), message(HOSTILE))
    [mail] = received(box)
    assert mail["Bcc"] is None
    assert box.envelopes[0].rcpt_tos == ["ada@acme.example"]
    assert "evil.example" in str(mail["Subject"])
    assert len(mail.keys()) == len(set(mail.keys()))


def test_long_and_odd_names_arrive(mailbox: Box) -> None:
    box, port = mailbox
    channel(port).send(to("ada@acme.example"), message("Flächen 建物 \ud800 " + "x" * 5000 + "\n.\nQUIT"))
    [mail] = received(box)
    assert "建物" in str(mail["Subject"])
    assert "QUIT" in mail.get_content()


@pytest.mark.parametrize(
    "addresses",
    [
        "",
        "ada",
        "ada@",
        "@acme.example",
        "a@b@c",
        "ada@acme.example\r\nBcc: eve@evil.example",
        "ada@acme.example\nRCPT TO:<eve@evil.example>",
        "Ada <ada@acme.example>",
        "ada@acme.example\x00",
        "ädä@acme.example",
        ",".join(f"a{n}@acme.example" for n in range(30)),
    ],
)
def test_what_is_no_address_is_refused(mailbox: Box, addresses: str) -> None:
    box, port = mailbox
    with pytest.raises(InputError) as refused:
        channel(port).send(to(addresses), message())
    assert box.envelopes == []
    assert "acme" not in str(refused.value)


def test_a_password_does_not_go_without_tls(mailbox: Box) -> None:
    box, port = mailbox
    with pytest.raises(Unavailable) as refused:
        channel(port, smtp={"user": "mesh", "password": "s3cret"}).send(to("ada@acme.example"), message())
    assert "TLS" in refused.value.what
    assert "s3cret" not in str(refused.value)
    assert box.envelopes == []


def test_a_server_that_refuses_is_a_failure_without_addresses(mailbox: Box) -> None:
    box, port = mailbox

    async def refuse(server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return f"550 no such user {address}"

    box.handle_RCPT = refuse  # type: ignore[attr-defined]
    with pytest.raises(Unavailable) as refused:
        channel(port).send(to("ada@acme.example"), message())
    assert "ada" not in str(refused.value)


def test_a_server_that_takes_its_time_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = MailChannel(
            f"smtp://127.0.0.1:{silent.getsockname()[1]}", "mesh@acme.example", secrets({}), seconds=0.5
        )
        with pytest.raises(Unavailable):
            found.send(to("ada@acme.example"), message())


def test_without_a_server_nothing_is_sent() -> None:
    with pytest.raises(MissingPart):
        MailChannel(None, None, secrets({})).send(to("ada@acme.example"), message())
