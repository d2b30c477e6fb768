"""Permanent addresses: `mesh://MESH/DOMAIN/PRODUCT/PORT@MAJOR`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from meshwright.errors import InputError

SEGMENT = re.compile(r"[a-z][a-z0-9_]*\Z")
RESERVED = frozenset({"mesh", "system", "temp", "memory", "main"})


def is_segment(text: str) -> bool:
    """Whether `text` can be a segment of an address."""
    return SEGMENT.match(text) is not None and text not in RESERVED


@dataclass(frozen=True, slots=True, order=True)
class ProductKey:
    """A product inside one mesh; prints as `domain/product`."""

    domain: str
    product: str

    def __str__(self) -> str:
        return f"{self.domain}/{self.product}"

    @classmethod
    def parse(cls, text: str) -> ProductKey:
        """Read `domain/product`, `domain.product` or a full address.

        Raises:
            InputError: `text` is none of these.
        """
        plain = text.removeprefix("mesh://")
        parts = re.split(r"[/.]", plain)
        if text.startswith("mesh://"):
            parts = parts[1:3]
        if len(parts) != 2 or not all(SEGMENT.match(part) for part in parts):
            raise InputError(
                f"`{text}` is not a product",
                way_out="name it DOMAIN/PRODUCT in small letters, digits and underscores: brokerage/deals",
            )
        return cls(*parts)


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The permanent address of one major version of one output port."""

    mesh: str
    domain: str
    product: str
    port: str
    major: int

    def __str__(self) -> str:
        return f"mesh://{self.mesh}/{self.domain}/{self.product}/{self.port}@{self.major}"

    @property
    def key(self) -> ProductKey:
        """The product that serves it."""
        return ProductKey(self.domain, self.product)


def major_of(version: str | None) -> int:
    """The major of a semantic version; 0 when there is none or it is no number.

    >>> major_of("2.1.0"), major_of("v3"), major_of(None)
    (2, 3, 0)
    """
    head = re.match(r"v?(\d+)", version or "")
    return int(head[1]) if head else 0


def version_tuple(version: str | None) -> tuple[int, ...]:
    """A semantic version as comparable numbers; pre-release parts are ignored."""
    return tuple(int(part) for part in re.findall(r"\d+", (version or "").split("-")[0])[:3])


def version_fits(have: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a version is what was asked for: the same major and not older; anything fits no version.

    >>> version_fits((1, 2, 0), (1, 1)), version_fits((2, 0), (1, 1)), version_fits((2, 0), ())
    (True, False, True)
    """
    return not wanted or (have[:1] == wanted[:1] and have >= wanted)


def path_segment(name: str) -> str:
    """A source's name for a table as one part of a path: no separators, no way up.

    >>> path_segment("orders"), path_segment("../x")[:3]
    ('orders', '_x-')
    """
    folded = re.sub(r"[^A-Za-z0-9_.-]", "_", name).lstrip(".")
    folded = re.sub(r"\.+", "_", folded) if ".." in name else folded
    if folded == name:
        return name
    return f"{folded}-{hashlib.blake2b(name.encode(), digest_size=4).hexdigest()}"
