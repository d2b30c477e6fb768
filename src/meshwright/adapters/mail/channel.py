"""Sends messages as mail."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import urlsplit

from meshwright.errors import InputError, MissingPart, Unavailable
from meshwright.provisioning.deadline import deadline
from meshwright.provisioning.ports import AlertChannel, Message, Recipient, Secrets

SECONDS = 30.0
"""How long the mail server may take for one message."""

SECRETS = "smtp"
"""The entry of `secrets` with `user` and `password`."""

_MOST = 20
_PORTS = {"smtp": 587, "smtps": 465}


class MailChannel(AlertChannel):
    """Sends mail by one server: `smtp://HOST:PORT`, with TLS where the server offers it, or `smtps://`.

    A password goes over TLS only.
    """

    def __init__(
        self, server: str | None, sender: str | None, secrets: Secrets, seconds: float = SECONDS
    ) -> None:
        self._server = server
        self._sender = sender
        self._secrets = secrets
        self._seconds = seconds

    def send(self, recipient: Recipient, message: Message) -> None:
        """Send a message to all addresses of a recipient at once.

        Raises:
            InputError: an address is none.
            MissingPart: `alerts` names no server or sender, or a secret is not there.
            Unavailable: the server does not take it, for one of them or for all.
        """
        if self._server is None or self._sender is None:
            raise MissingPart(
                "alerts cannot be sent by mail",
                why="`alerts` of the environment does not say `smtp` and `from`",
                way_out="add both to mesh.yaml",
            )
        mail = self._mail(self._sender, _addresses(recipient.place), message)
        try:
            with self._connected() as server:
                if server.send_message(mail):
                    raise Unavailable("the mail server refused some of the addresses")
        except smtplib.SMTPRecipientsRefused:
            raise Unavailable("the mail server refused every address") from None
        except smtplib.SMTPResponseException as error:
            raise Unavailable(f"the mail server answered {error.smtp_code}") from None
        except ssl.SSLCertVerificationError as error:
            why = f"its certificate is not good: {error.verify_message}"
            raise Unavailable("the mail server was not reached", why=why) from None
        except smtplib.SMTPNotSupportedError:
            raise Unavailable("the mail server cannot do what is asked of it") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
            raise Unavailable("the mail server did not take it", why=why) from None

    def _mail(self, sender: str, to: tuple[Address, ...], message: Message) -> EmailMessage:
        mail = EmailMessage()
        try:
            mail["From"] = _address(sender)
            mail["To"] = to
            mail["Subject"] = _sendable(" ".join(message.title.split()))
            mail["Date"] = formatdate(usegmt=True)
            mail["Message-ID"] = f"<{message.id}@{_address(sender).domain}>"
            mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by machines
            text = "\n\n".join([*message.lines, f"Mesh {message.data.get('mesh')}"])
            mail.set_content(_sendable(text) + "\n")
        except (ValueError, MessageError):
            raise InputError("this is no mail that can be sent") from None
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        parts = urlsplit(self._server or "")
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        trust = ssl.create_default_context()
        server: smtplib.SMTP
        if parts.scheme == "smtps":
            server = smtplib.SMTP_SSL(timeout=self._seconds, context=trust)
        else:
            server = smtplib.SMTP(timeout=self._seconds)
        with deadline(lambda: server.sock, self._seconds):
            try:
                server._host = host  # type: ignore[attr-defined]  # the name of the certificate
                server.connect(host, port)
                self._introduced(server, parts.scheme == "smtps", trust)
                yield server
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    server.close()

    def _introduced(self, server: smtplib.SMTP, secure: bool, trust: ssl.SSLContext) -> None:
        server.ehlo_or_helo_if_needed()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=trust)
            server.ehlo()
            secure = True
        secrets = self._secrets(SECRETS)
        if "user" in secrets:
            if not secure:
                raise Unavailable("the mail server offers no TLS", why="a password does not go without")
            server.login(secrets["user"], secrets.get("password", ""))


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _addresses(text: str) -> tuple[Address, ...]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found or len(found) > _MOST:
        raise InputError("a channel's mail addresses cannot be read")
    return tuple(map(_address, found))


def _address(text: str) -> Address:
    """One address, and nothing that would be more than one, or a header.

    Raises:
        InputError: it is none.
    """
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        address = None
    if (
        address is None
        or not text.isascii()
        or not address.domain
        or any(c <= " " or c == "\x7f" for c in text)
    ):
        raise InputError("a channel's mail address cannot be read")
    return address
