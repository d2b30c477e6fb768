"""Columns that several relations have."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Column, integer, text

PRODUCT: tuple[Column, ...] = (
    text("domain", "The owning domain.", required=True),
    text("product", "The product's name in its address.", required=True),
)
"""Which product a row belongs to."""

CONTRACT: tuple[Column, ...] = (
    *PRODUCT,
    text("contract_id", "The `id` of the contract.", required=True),
    text("contract_version", "The version of the contract.", required=True),
    text(
        "binding", "What is bound to it: an `output` port, a `source`, or nothing: `unused`.", required=True
    ),
    text("port", "The output port that serves it (the newest of several), or the input port of a source."),
    integer("major", "The major version of the output port; null for a source."),
)
"""Which contract a row belongs to, and the port that it is bound to."""

OBJECT: tuple[Column, ...] = (*CONTRACT, text("object", "The object's name in the contract.", required=True))
"""Which object of which contract a row belongs to."""

CONTRACT_KEY = ("domain", "product", "contract_id", "contract_version")


def element(what: str) -> tuple[Column, ...]:
    """Which part of the declarations something is said of."""
    return (
        text(
            "of",
            f"What {what}: `domain`, `product`, `input_port`, `output_port`, `contract`, `object`, `column`.",
            required=True,
        ),
        text("address", "The address of that part.", required=True),
        text("domain", "The owning domain.", required=True),
        text("product", "The product; null where it is a domain's."),
    )
