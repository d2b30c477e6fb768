"""One product as a document, with everything that belongs to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field, create_model
from starlette.exceptions import HTTPException

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.server.api.answers import Json, row_model, rows_about, rows_field
from meshwright.server.api.conditional import Conditional
from meshwright.server.api.linked import described
from meshwright.server.links import name_of, page_of, segment
from meshwright.server.negotiation import JSON, JSON_LD, YAML, best
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSite, CurrentSnapshot, Site
from meshwright.standards.odps import PRODUCT_FILE
from meshwright.standards.openlineage_events import without_passwords
from meshwright.standards.yaml_text import yaml_text
from meshwright.supervision.catalogue import Catalogue

LAST_RUNS = 20
"""Runs that a product's document has; the list has all of them."""

Domain = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]*$", max_length=200, description="The domain.")]
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]*$", max_length=200, description="The product.")]
Port = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]*$", max_length=200, description="The output port.")]
Major = Annotated[int, Path(ge=0, lt=2**31, description="Its major version.")]


class Links(BaseModel):
    """Where more is, as paths on this server."""

    page: str = Field(description="The page for people.")
    document: str = Field(description="The declaration (ODPS), as JSON or YAML.")
    dprod: str = Field(description="The description for other catalogues (DPROD).")
    contracts: list[str] = Field(description="The contracts (ODCS), as JSON or YAML.")


class Reader(BaseModel):
    """A product that reads this one."""

    domain: str
    product: str


_CONTRACT: Any = row_model("contracts") | None

ProductDocument = create_model(
    "ProductDocument",
    __doc__="One product with everything that belongs to it.",
    product=(row_model("products"), Field(description="The product.")),
    outputs=rows_field("ports", "Its output ports."),
    inputs=rows_field("inputs", "What its input ports read."),
    contracts=rows_field("contracts", "Its contracts, those of sources too."),
    objects=rows_field("objects", "The tables of its contracts."),
    readers=(list[Reader], Field(description="The products that read it.")),
    people=rows_field("people", "Its team."),
    support=rows_field("support", "Where one asks for help."),
    custom_properties=rows_field("custom_properties", "Custom properties of the product itself."),
    authoritative_definitions=rows_field("authoritative_definitions", "Links to what defines it."),
    service_levels=rows_field("slo_status", "What it promises, and whether it keeps that."),
    publications=rows_field("publications", "Publications that are retained, newest first."),
    runs=rows_field("runs", f"Its last runs, newest first, at most {LAST_RUNS}."),
    failing=rows_field("checks", "Checks of its last run that did not pass."),
    links=(Links, Field(description="Where more is.")),
)

PortDocument = create_model(
    "PortDocument",
    __doc__="One major version of one output port, with its contract.",
    port=(row_model("ports"), Field(description="The port.")),
    contract=(_CONTRACT, Field(description="Its contract, if it has one.")),
    objects=rows_field("objects", "Its tables."),
    columns=rows_field("columns", "Their columns, nested ones after those that they are in."),
    quality=rows_field("quality", "Their quality rules."),
    relationships=rows_field("relationships", "Which columns refer to which."),
    service_levels=rows_field("slo_status", "What it promises, and whether it keeps that."),
    roles=rows_field("roles", "Roles that give access."),
)


def router() -> APIRouter:
    """`/products/DOMAIN/PRODUCT` and below."""
    found = APIRouter(prefix="/products/{domain}/{product}", route_class=Conditional, tags=["products"])
    usual: Any = {"methods": ["GET"], "response_class": Json, "responses": may_be(404, 422, 503)}
    written: Any = {
        "methods": ["GET"],
        "response_class": Response,
        "responses": {200: _DOCUMENT, **may_be(404, 406, 422, 503)},
    }
    found.add_api_route(
        "", _product, response_model=ProductDocument, operation_id="product", summary="A product", **usual
    )
    found.add_api_route(
        "/ports/{port}/{major}",
        _port,
        response_model=PortDocument,
        operation_id="port",
        summary="An output port",
        **usual,
    )
    found.add_api_route(
        "/document",
        _document,
        operation_id="product_declaration",
        summary="Its declaration (ODPS)",
        **written,
    )
    found.add_api_route(
        "/contracts/{contract}/{version}",
        _contract,
        operation_id="contract_document",
        summary="A contract (ODCS)",
        **written,
    )
    linked = {"description": "DPROD as JSON-LD.", "content": {JSON_LD: {"schema": {"type": "object"}}}}
    found.add_api_route(
        "/dprod",
        _dprod,
        methods=["GET"],
        operation_id="product_dprod",
        summary="Its description for other catalogues (DPROD)",
        response_class=Response,
        responses={200: linked, **may_be(404, 422, 503)},
    )
    return found


_DOCUMENT = {
    "description": "The document as it was applied.",
    "content": {JSON: {"schema": {"type": "object"}}, YAML: {"schema": {"type": "string"}}},
}

Form = Annotated[Literal["json", "yaml"] | None, Query(description="Which of both, whatever `Accept` says.")]


def product_document(catalogue: Catalogue, key: ProductKey) -> dict[str, Any]:
    """A product and what belongs to it, as rows of relations.

    Raises:
        NotFound: no such product is applied.
    """
    products = rows_about(catalogue, key, "products")
    if not products:
        raise NotFound(
            f"there is no product {key}",
            way_out="`mesh list`, and /api/v1/products, show what there is; only what is applied is served",
        )
    runs = sorted(rows_about(catalogue, key, "runs"), key=_newest, reverse=True)
    contracts = rows_about(catalogue, key, "contracts")
    readers = catalogue.consumers.get((key.domain, key.product), ())
    publications = rows_about(catalogue, key, "publications")
    return {
        "product": products[0],
        "outputs": rows_about(catalogue, key, "ports", direction="output"),
        "inputs": rows_about(catalogue, key, "inputs"),
        "contracts": contracts,
        "objects": rows_about(catalogue, key, "objects"),
        "readers": [{"domain": domain, "product": product} for domain, product in sorted(readers)],
        "people": rows_about(catalogue, key, "people", of="product"),
        "support": rows_about(catalogue, key, "support", of="product"),
        "custom_properties": rows_about(catalogue, key, "custom_properties", of="product"),
        "authoritative_definitions": rows_about(catalogue, key, "authoritative_definitions", of="product"),
        "service_levels": rows_about(catalogue, key, "slo_status"),
        "publications": sorted(publications, key=lambda row: row["number"], reverse=True),
        "runs": runs[:LAST_RUNS],
        "failing": rows_about(catalogue, key, "checks", run=runs[0]["run"]) if runs else [],
        "links": _links(key, contracts),
    }


def _newest(run: dict[str, Any]) -> tuple[str, str]:
    return (str(run["started_at"] or run["ended_at"] or ""), run["run"])


def _links(key: ProductKey, contracts: list[dict[str, Any]]) -> dict[str, Any]:
    here = f"/api/v1/products/{key}"
    return {
        "page": page_of(key.domain, key.product),
        "document": f"{here}/document",
        "dprod": f"{here}/dprod",
        "contracts": [
            f"{here}/contracts/{segment(row['contract_id'])}/{segment(row['contract_version'])}"
            for row in contracts
        ],
    }


def _product(snapshot: CurrentSnapshot, domain: Domain, product: Name) -> Response:
    """Everything that belongs to a product: ports, contracts, tables, people, runs, publications."""
    return Json(product_document(snapshot.catalogue, ProductKey(domain, product)))


def _port(snapshot: CurrentSnapshot, domain: Domain, product: Name, port: Port, major: Major) -> Response:
    """What a port serves: its contract with tables, columns and rules."""
    return Json(port_document(snapshot.catalogue, ProductKey(domain, product), port, major))


def port_document(catalogue: Catalogue, key: ProductKey, port: str, major: int) -> dict[str, Any]:
    """An output port and its contract, as rows of relations.

    Raises:
        NotFound: the product serves no such port.
    """
    ports = rows_about(catalogue, key, "ports", direction="output", port=port, major=major)
    if not ports:
        served = rows_about(catalogue, key, "ports", direction="output")
        names = ", ".join(f"{row['port']}@{row['major']}" for row in served)
        raise NotFound(f"{key} serves no port {port}@{major}", way_out=f"it serves {names or 'nothing'}")
    contract = {
        "contract_id": ports[0]["contract_id"],
        "contract_version": ports[0]["contract_version"],
    }
    bound = None not in contract.values()
    contracts = rows_about(catalogue, key, "contracts", **contract) if bound else []
    inside = {
        name: rows_about(catalogue, key, name, **contract) if bound else []
        for name in ("objects", "columns", "quality", "relationships", "roles")
    }
    return {
        "port": ports[0],
        "contract": contracts[0] if contracts else None,
        "service_levels": rows_about(catalogue, key, "slo_status", port=port, major=major),
        **inside,
    }


def _document(
    request: Request, site: CurrentSite, domain: Domain, product: Name, format: Form = None
) -> Response:
    """The product's declaration as it was applied."""
    return _written(request, _documents(site, domain, product)[PRODUCT_FILE], format)


def _contract(
    request: Request,
    site: CurrentSite,
    domain: Domain,
    product: Name,
    contract: Annotated[str, Path(max_length=1000, description="Its `id`; `/` is written `~1`, `~` `~0`.")],
    version: Annotated[str, Path(max_length=200, description="Its version, written likewise.")],
    format: Form = None,
) -> Response:
    """One of the product's contracts as it was applied."""
    documents = _documents(site, domain, product)
    wanted = (name_of(contract), name_of(version))
    for path, document in documents.items():
        if (
            path.startswith("contracts/")
            and (str(document.get("id")), str(document.get("version"))) == wanted
        ):
            return _written(request, document, format)
    raise NotFound(
        f"{domain}/{product} has no contract `{wanted[0]}` of version `{wanted[1]}`",
        way_out=f"/api/v1/products/{domain}/{product} links to those that it has",
    )


def _dprod(request: Request, snapshot: CurrentSnapshot, domain: Domain, product: Name) -> Response:
    """The product with its ports, tables and columns as linked data, for other catalogues."""
    return described(request, snapshot, ProductKey(domain, product))


def _documents(site: Site, domain: str, product: str) -> Any:
    applied = site.live.applied(ProductKey(domain, product))
    if applied is None:
        raise NotFound(f"there is no product {domain}/{product}", way_out="see /api/v1/products")
    return applied.documents


def _written(request: Request, document: Any, form: str | None) -> Response:
    accept = {"json": JSON, "yaml": YAML}.get(form or "") or request.headers.get("accept")
    wanted = best(accept, (JSON, YAML, "application/x-yaml", "text/yaml"))
    clean = without_passwords(document)
    if wanted is None:
        raise HTTPException(406, f"it can be had as {JSON} or {YAML}")
    if wanted == JSON:
        return Json(clean, headers={"vary": "Accept"})
    return Response(yaml_text(clean), media_type=f"{wanted}; charset=utf-8", headers={"vary": "Accept"})
