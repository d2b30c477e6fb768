"""A change is a frozen value with a tag; a plan is a list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from meshwright.experience.builds import Build
from meshwright.model.address import ProductKey

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class DomainChange:
    """A domain's document is stored."""

    tag: ClassVar[str] = "domain"
    domain: str
    action: Action


@dataclass(frozen=True, slots=True)
class DomainTakeover:
    """A domain changes hands, from one repository to that of this tree."""

    tag: ClassVar[str] = "take-over"
    domain: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product's declarations are stored or forgotten; `files` are those that differ."""

    tag: ClassVar[str] = "product"
    product: ProductKey
    action: Action
    digest: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A product moves through its lifecycle."""

    tag: ClassVar[str] = "status"
    product: ProductKey
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """One difference between two versions of a contract, and the consumers it hits.

    `hits` holds `domain/product (input port)` of every consumer that uses what changed.
    """

    kind: str
    place: str
    breaking: bool
    reason: str
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContractRevision:
    """The contract of an output port differs from the applied one.

    `verdict` is `compatible`, `breaking` (refused unless it is allowed) or `removed`.
    """

    tag: ClassVar[str] = "contract"
    product: ProductKey
    port: str
    old_version: str
    new_version: str
    verdict: str
    differences: tuple[ContractDifference, ...]


@dataclass(frozen=True, slots=True)
class TableChange:
    """A table is created, changed or removed in the warehouse."""

    tag: ClassVar[str] = "table"
    product: ProductKey
    table: str  # object@major
    action: Action
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The policies and waivers of the mesh, or of a domain, are stored or forgotten.

    `owner` is `mesh` or the domain; `details` has the name of each that differs, with its sign.
    """

    tag: ClassVar[str] = "policies"
    owner: str
    action: Action
    digest: str
    details: tuple[str, ...] = ()


Change = (
    DomainChange
    | DomainTakeover
    | PolicyChange
    | ProductChange
    | StatusChange
    | ContractRevision
    | TableChange
    | Build
)

CHANGES: tuple[type[Change], ...] = get_args(Change)
"""Every kind of change; `tag` names it."""
