"""The decision to build a product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from meshwright.model.address import ProductKey


@dataclass(frozen=True, slots=True)
class Build:
    """A product is built, verified and published.

    `base` is the publication that was current when this was decided: where another has taken its
    place, whether the product is still stale is looked at again. `asked` builds it in any case.
    """

    tag: ClassVar[str] = "build"
    product: ProductKey
    reasons: tuple[str, ...]
    base: str | None = None
    asked: bool = False
