"""Posts messages to webhooks."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Sequence

from meshwright import __version__
from meshwright.adapters.webhook.places import IpNetwork, Place, place_of
from meshwright.adapters.webhook.shapes import body_of
from meshwright.errors import MissingPart, Unavailable
from meshwright.provisioning.deadline import deadline
from meshwright.provisioning.ports import AlertChannel, Message, Recipient, Secrets

SECONDS = 10.0
"""How long a webhook may take, from the connection to the answer's head."""

SECRETS = "alerts"
"""The entry of `secrets` with URLs by name."""

_SECRET = "secret:"  # noqa: S105 (what a reference begins with)


class WebhookChannel(AlertChannel):
    """Posts JSON over connections to checked addresses only; follows nothing and reads no answer's body.

    Proxies that the process's environment names are not used: they would reach what must not be reached.
    """

    def __init__(
        self, secrets: Secrets, networks: Sequence[IpNetwork] = (), seconds: float = SECONDS
    ) -> None:
        self._secrets = secrets
        self._networks = networks
        self._seconds = seconds

    def send(self, recipient: Recipient, message: Message) -> None:
        """Post a message; delivered when the answer's status is 2xx.

        Raises:
            InputError: nothing may be posted there.
            MissingPart: there is no such secret.
            Unavailable: it did not answer, or with another status.
        """
        place = place_of(self._url(recipient), self._networks)
        body = json.dumps(body_of(recipient.tool, message), ensure_ascii=False).encode("utf-8", "replace")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"meshwright/{__version__}",
            "Idempotency-Key": message.id,
            "Connection": "close",
        }
        status = self._post(place, body, headers)
        if 300 <= status < 400:
            raise Unavailable(f"{place.host} answered {status}, a redirect, which is not followed")
        if not 200 <= status < 300:
            raise Unavailable(f"{place.host} answered {status}")

    def _url(self, recipient: Recipient) -> str:
        if not recipient.place.startswith(_SECRET):
            return recipient.place
        name = recipient.place.removeprefix(_SECRET)
        urls = self._secrets(SECRETS)
        if name not in urls:
            raise MissingPart(
                "a channel's URL is a secret that is not there",
                why=f"`secrets.{SECRETS}` of the environment does not name it",
                way_out="add it as env:NAME or file:PATH",
            )
        return urls[name]

    def _post(self, place: Place, body: bytes, headers: dict[str, str]) -> int:
        connection = (_SecureConnection if place.secure else _Connection)(place, self._seconds)
        with deadline(lambda: connection.sock, self._seconds) as over:
            try:
                connection.request("POST", place.path, body, headers)
                status = connection.getresponse().status
                if not over.is_set():  # cut off, a head looks like one that has ended
                    return status
                why = _late(self._seconds)
            except ssl.SSLCertVerificationError as error:
                why = f"its certificate is not good: {error.verify_message}"
            except (OSError, http.client.HTTPException, ValueError) as error:
                late = over.is_set() or isinstance(error, TimeoutError)
                why = _late(self._seconds) if late else _why(error)
            finally:
                connection.close()
        raise Unavailable(f"{place.host} was not reached, or did not answer", why=why)


def _late(seconds: float) -> str:
    return f"it took longer than {seconds:g} s"


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were checked, under the name that was asked for."""

    def __init__(self, place: Place, seconds: float) -> None:
        super().__init__(place.host, place.port, timeout=seconds)
        self._place = place

    def connect(self) -> None:
        self.sock = _connected(self._place, float(self.timeout or SECONDS))


class _SecureConnection(http.client.HTTPSConnection):
    """The same over TLS, with the certificate of the name."""

    def __init__(self, place: Place, seconds: float) -> None:
        self._trust = ssl.create_default_context()
        super().__init__(place.host, place.port, timeout=seconds, context=self._trust)
        self._place = place

    def connect(self) -> None:
        self.sock = _connected(self._place, float(self.timeout or SECONDS))
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._place.host)


def _connected(place: Place, seconds: float) -> socket.socket:
    """A connection to the first address that takes it."""
    wrong: OSError | None = None
    for address in place.addresses:
        try:
            return socket.create_connection((address, place.port), seconds / len(place.addresses))
        except OSError as error:
            wrong = error
    raise wrong or OSError("no address")
