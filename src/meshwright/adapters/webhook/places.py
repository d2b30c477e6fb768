"""Where a message may be posted to: never to a service that only the platform can reach."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from meshwright.errors import InputError, Unavailable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(texts: Sequence[str]) -> Sequence[IpNetwork]:
    """Networks as `alerts.networks` names them.

    Raises:
        InputError: one is none.
    """
    try:
        return [ipaddress.ip_network(text, strict=False) for text in texts]
    except ValueError as error:
        way_out = "write networks such as 10.1.0.0/16, or single addresses"
        raise InputError("`alerts.networks` names no network", why=str(error), way_out=way_out) from None


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Place:
    """A checked place: `addresses` are those that may be connected to, whatever the name means later."""

    secure: bool
    host: str
    port: int
    path: str = field(repr=False)
    addresses: tuple[str, ...]


def place_of(url: str, networks: Sequence[IpNetwork]) -> Place:
    """A URL whose host is on the open internet or in one of `networks`.

    Plain HTTP goes to `networks` only. A name is looked up once, here.

    Raises:
        InputError: nothing may be sent there; says why and no more of the URL than its host.
        Unavailable: the name is not known.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("its URL cannot be read") from None
    secure = parts.scheme == "https"
    if parts.scheme not in ("https", "http") or not host:
        raise _refused("its URL is none of https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise _refused("its URL holds a user's name or a password")
    try:
        name = host if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        raise _refused("its host is no name") from None
    port = port or (443 if secure else 80)
    known = _addresses(name, port)
    allowed = [each for each in known if _within(each, networks) or (secure and is_public(each))]
    if not allowed:
        raise _refused(_why(host, secure, known))
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else ""
    return Place(secure, name, port, path + query, tuple(map(str, allowed)))


def is_public(address: IpAddress) -> bool:
    """Whether anybody on the internet could reach it; what embeds another address is not.

    >>> is_public(ipaddress.ip_address("10.0.0.1")), is_public(ipaddress.ip_address("::ffff:10.0.0.1"))
    (False, False)
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.sixtofour is not None or address.teredo is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


def _why(host: str, secure: bool, known: Sequence[IpAddress]) -> str:
    if not secure and any(map(is_public, known)):
        return f"{host} is to be reached by https"
    return f"{host} is in a network of its own, which `alerts.networks` does not name"


def _refused(why: str) -> InputError:
    return InputError(
        "nothing is posted to this webhook",
        why=why,
        way_out="see `alerts` in mesh.yaml, and the `support` of the product",
    )


def _within(address: IpAddress, networks: Sequence[IpNetwork]) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in networks if network.version == mapped.version)


def _addresses(host: str, port: int) -> Sequence[IpAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        raise Unavailable(f"the name of {host} is not known") from None
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ipaddress.ip_address(text) for text in texts]
