"""Contracts of ports and of sources."""

from __future__ import annotations

from typing import Any

from meshwright.model.address import major_of
from meshwright.supervision.metamodel.column import Rows, integer, number, text, texts
from meshwright.supervision.metamodel.levels import Level
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT, CONTRACT_KEY


def _said(level: Level, rows: Rows) -> Rows:
    about = [_mapping(item.get("description")) for item in level.items]
    prices = [_mapping(item.get("price")) for item in level.items]
    return {
        "contract_major": [major_of(item.get("version")) for item in level.items],
        "purpose": [each.get("purpose") for each in about],
        "usage": [each.get("usage") for each in about],
        "limitations": [each.get("limitations") for each in about],
        "price_amount": [each.get("priceAmount") for each in prices],
        "price_currency": [each.get("priceCurrency") for each in prices],
        "price_unit": [each.get("priceUnit") for each in prices],
    }


def _mapping(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


RELATION = Relation(
    name="contracts",
    description="What ports promise, and what is expected of sources (ODCS).",
    columns=(
        *CONTRACT,
        text("address", "The address of its port; of the product where no port uses it.", required=True),
        integer("contract_major", "The major of the contract's own version.", required=True),
        text("file", "Its file in the tree.", required=True),
        text("name", "Its name for people.", "name"),
        text("status", "Its status, as the document says.", "status"),
        text("standard", "The version of ODCS that it follows.", "apiVersion"),
        text("purpose", "What the data are for."),
        text("usage", "How they are meant to be used."),
        text("limitations", "What they are not fit for."),
        text("tenant", "Its tenant.", "tenant"),
        text("data_product", "The data product that the contract itself names.", "dataProduct"),
        text("business_domain", "The domain that the contract itself names.", "domain"),
        number("price_amount", "The price of one unit."),
        text("price_currency", "The currency of the price."),
        text("price_unit", "What one pays for."),
        texts("tags", "Its tags.", "tags"),
        text("created_at", "When its document says that it was made.", "contractCreatedTs"),
    ),
    key=CONTRACT_KEY,
    level=lambda walk: walk.bound,
    compute=_said,
)
