"""Addresses of the mesh as addresses of pages, and back.

`mesh://MESH/DOMAIN/PRODUCT/PORT@MAJOR` is the page `/mesh/DOMAIN/PRODUCT/PORT@MAJOR`; an object of it is one
segment more, a column another. Names of objects and columns may hold any character.
"""

from __future__ import annotations

from urllib.parse import quote

from meshwright.errors import InputError
from meshwright.model.address import ProductKey

ROOT = "/mesh"
"""Where the pages of addresses begin; no domain has this name."""


def segment(name: str) -> str:
    """A name as one segment of a path, in the manner of JSON Pointer (RFC 6901).

    It holds no separator and is no way up, and no percent sign of its own: what decodes twice does no harm.

    >>> segment("rent/m2"), segment(".."), segment("Fläche")
    ('rent~1m2', '~2~2', 'Fl%C3%A4che')
    """
    text = name.replace("~", "~0").replace("/", "~1").replace("\\", "~3").replace("%", "~5")
    if not text.strip("."):
        text = text.replace(".", "~2") or "~4"
    return quote(text, safe="~@[]{}:,;=+!*'()", errors="replace")


def name_of(text: str) -> str:
    """The name that a decoded segment stands for.

    >>> name_of("rent~1m2"), name_of("~2~2")
    ('rent/m2', '..')
    """
    if text == "~4":
        return ""
    return (
        text.replace("~5", "%").replace("~3", "\\").replace("~2", ".").replace("~1", "/").replace("~0", "~")
    )


def page_of(
    domain: str,
    product: str | None = None,
    port: str | None = None,
    major: int | None = None,
    obj: str | None = None,
    column: str | None = None,
) -> str:
    """The page of a domain, a product, an output port, an object or a column."""
    path = f"{ROOT}/{domain}"
    if product is not None:
        path += f"/{product}"
    if port is not None:
        path += f"/{port}@{major}"
    for name in (obj, column):
        if name is not None:
            path += f"/{segment(name)}"
    return path


def page_of_address(address: str) -> str | None:
    """The page of an address: of a domain, a product, a port; None for anything else.

    An input port has no page of its own: it is shown with its product.

    >>> page_of_address("mesh://acme/sales/orders/orders@1")
    '/mesh/sales/orders/orders@1'
    >>> page_of_address("mesh://acme/sales/orders/files")
    '/mesh/sales/orders#input-files'
    """
    if not address.startswith("mesh://"):
        return None
    base, _, _ = address.removeprefix("mesh://").partition("#")
    parts = base.split("/")[1:]
    if not 1 <= len(parts) <= 3 or not all(parts):
        return None
    if len(parts) == 3 and "@" not in parts[2]:
        return f"{ROOT}/{parts[0]}/{parts[1]}#input-{parts[2]}"
    return "/".join([ROOT, *parts])


def page_of_place(address: str, obj: str, column: str | None = None) -> str | None:
    """The page of a table or column by the address of its port and its name in data; None for a source's."""
    page = page_of_address(address)
    if page is None:
        return None
    return "/".join([page, *(segment(name) for name in (obj, column) if name)])


def place_name(address: str, obj: str, column: str | None = None) -> str:
    """A table or column as it is called in SQL, or `source:CONTRACT.TABLE.COLUMN`.

    >>> place_name("mesh://acme/sales/orders/orders@1", "orders", "id")
    'sales.orders.orders.id'
    """
    base = ".".join(address.split("/")[3:5]) if address.startswith("mesh://") else address
    return ".".join([base, *(name for name in (obj, column) if name)])


def page_of_product(text: str) -> str | None:
    """The page of what a document calls a product or an address; None for anything else.

    >>> page_of_product("sales/orders"), page_of_product("Somebody else's")
    ('/mesh/sales/orders', None)
    """
    if text.startswith("mesh://"):
        return page_of_address(text)
    try:
        key = ProductKey.parse(text)
    except InputError:
        return None
    return page_of(key.domain, key.product)
