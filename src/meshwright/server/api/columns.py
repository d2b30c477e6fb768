"""One column as a document: what it means, where it comes from, where else it is."""

from __future__ import annotations

from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, create_model

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.server.api.answers import Json, row_model, rows_about, rows_field, rows_of, sound
from meshwright.server.api.conditional import Conditional
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSnapshot
from meshwright.supervision.catalogue import Catalogue

MOST = 100
"""Other columns of the same name that a document has at most."""


class Elsewhere(BaseModel):
    """A column of the same name, or of the same kind of thing, in another table."""

    address: str
    domain: str
    product: str
    object: str
    path: str
    logical_type: str | None
    semantic_type: str | None
    same: list[str] = Field(description="What is the same: `name`, `semantic_type`.")


_OBJECT: Any = row_model("objects") | None

ColumnDocument = create_model(
    "ColumnDocument",
    __doc__="One column with everything that belongs to it.",
    column=(row_model("columns"), Field(description="The column.")),
    object=(_OBJECT, Field(description="The table that it is of.")),
    fields=rows_field("columns", "The columns nested in it."),
    quality=rows_field("quality", "Its quality rules."),
    relationships=rows_field("relationships", "References from it."),
    synonyms=rows_field("synonyms", "Other words for it."),
    definitions=rows_field("authoritative_definitions", "Links to what defines it."),
    elsewhere=(list[Elsewhere], Field(description=f"Where else it occurs, at most {MOST}.")),
)


def router() -> APIRouter:
    """`/column`."""
    found = APIRouter(route_class=Conditional, tags=["products"])
    usual: Any = {"response_class": Json, "responses": may_be(404, 422, 503)}

    @found.get("/column", response_model=ColumnDocument, operation_id="column", summary="A column", **usual)
    def column(
        snapshot: CurrentSnapshot,
        address: Annotated[
            str,
            Query(
                max_length=4000, description="Its address: `mesh://MESH/DOMAIN/PRODUCT/PORT@1#OBJECT.PATH`."
            ),
        ],
    ) -> Response:
        """What a column means, its rules, and where else it occurs; `/lineage` tells where it comes from."""
        return Json(column_document(snapshot.catalogue, address))

    return found


def column_document(catalogue: Catalogue, address: str) -> dict[str, Any]:
    """A column and what belongs to it, as rows of relations.

    Raises:
        NotFound: there is no such column.
    """
    parts = address.partition("#")[0].split("/")
    key = ProductKey(*parts[3:5]) if len(parts) > 4 else ProductKey("", "")
    found = rows_about(catalogue, key, "columns", address=sound(address))
    if not found:
        raise NotFound(
            f"there is no column `{address}`", way_out="/api/v1/columns has the address of every column"
        )
    column = found[0]
    of = {name: column[name] for name in ("contract_id", "contract_version", "object")}
    path, here = column["path"], {"of": "column", "address": column["address"]}
    objects = rows_about(catalogue, key, "objects", **of)
    relationships = rows_about(catalogue, key, "relationships", **of)
    return {
        "column": column,
        "object": objects[0] if objects else None,
        "fields": rows_about(catalogue, key, "columns", **of, parent=path),
        "quality": rows_about(catalogue, key, "quality", **of, path=path),
        "relationships": [row for row in relationships if path in (row["from_columns"] or ())],
        "synonyms": rows_about(catalogue, key, "synonyms", **here),
        "definitions": rows_about(catalogue, key, "authoritative_definitions", **here),
        "elsewhere": _elsewhere(catalogue.tables["columns"], column),
    }


def _elsewhere(columns: pa.Table, column: dict[str, Any]) -> list[dict[str, Any]]:
    same = pc.equal(columns["name"], column["name"])
    if column["semantic_type"]:
        same = pc.or_kleene(same, pc.equal(columns["semantic_type"], column["semantic_type"]))
    others = pc.and_(pc.fill_null(same, False), pc.not_equal(columns["address"], column["address"]))
    names = ["address", "domain", "product", "object", "path", "logical_type", "semantic_type", "name"]
    found = []
    first = pc.indices_nonzero(others)[:MOST]
    for row in rows_of(columns.select(names).take(first)):
        told = {
            name: row[name] for name in ("name", "semantic_type") if row[name] == column[name] and row[name]
        }
        del row["name"]
        found.append({**row, "same": list(told)})
    return found
