"""The pages of a data product, its ports and their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from meshwright.errors import NotFound
from meshwright.model.address import ProductKey
from meshwright.server.drawing.incidents import incident_lines
from meshwright.server.drawing.lineage import draw_column_lineage, draw_product_lineage
from meshwright.server.drawing.runs import run_bars
from meshwright.server.links import name_of, page_of
from meshwright.server.pages.dashboards import shown_dashboard
from meshwright.server.pages.mesh import JUDGING_SECONDS, pages_at
from meshwright.server.site import CurrentSite, CurrentSnapshot, Site, pages_of
from meshwright.server.wording import change_text
from meshwright.standards.yaml_text import yaml_text
from meshwright.supervision.catalogue import Catalogue
from meshwright.supervision.catalogue.column import column_detail
from meshwright.supervision.catalogue.compliance import Compliance
from meshwright.supervision.catalogue.contract import port_detail
from meshwright.supervision.catalogue.governance import fixed
from meshwright.supervision.catalogue.history import history, runs
from meshwright.supervision.catalogue.incidents import incidents_of
from meshwright.supervision.catalogue.lineage import product_lineage
from meshwright.supervision.catalogue.product import output_ports, product_detail
from meshwright.supervision.catalogue.quality import quality
from meshwright.supervision.catalogue.summary import ProductSummary

router = APIRouter()

TABS: Mapping[str, str] = {
    "": "Overview",
    "ports": "Ports",
    "dashboards": "Dashboards",
    "quality": "Quality",
    "lineage": "Lineage",
    "versions": "Versions",
    "runs": "Runs",
    "policies": "Policies",
}
"""The tabs of a product by the last part of their address."""


def tabs_of(catalogue: Catalogue, domain: str, product: str) -> Mapping[str, str]:
    """The tabs of a product; that of dashboards where it has some."""
    if catalogue.of("dashboards", domain, product):
        return TABS
    return {path: name for path, name in TABS.items() if path != "dashboards"}


def _overview(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    return {"detail": product_detail(catalogue, domain, product)}


def _ports(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    return {"ports": output_ports(catalogue, domain, product)}


def _quality(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    found = quality(catalogue, domain, product)
    incidents = incidents_of(catalogue, domain, product)
    lines = incident_lines(incidents, datetime.now(UTC))
    drawn = {"runs": run_bars(found.runs), "incidents": lines}
    return {"quality": found, "incidents": incidents, "drawn": drawn}


def _versions(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    return {
        "history": history(catalogue, domain, product),
        "ports": output_ports(catalogue, domain, product),
        "change_text": change_text,
    }


def _runs(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    return {"runs": runs(catalogue, domain, product)}


def _lineage(catalogue: Catalogue, domain: str, product: str) -> dict[str, Any]:
    found = product_lineage(catalogue, domain, product)
    drawn = draw_product_lineage(catalogue, found, datetime.now(UTC))
    columns: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for row in catalogue.index("columns").table(domain, product).select(_NAMES).to_pylist():
        if row["depth"] == 1:
            place = (row["contract_id"], row["contract_version"], row["object"])
            columns.setdefault(place, []).append((row["name"] or row["path"], row["path"]))
    return {
        "lineage": found,
        "drawn": drawn,
        "ports": output_ports(catalogue, domain, product),
        "columns": lambda port, obj: columns.get(
            (port.row["contract_id"], port.row["contract_version"], obj), []
        ),
    }


_NAMES = ["contract_id", "contract_version", "object", "path", "name", "depth"]


_SHOWN: Mapping[str, Callable[[Catalogue, str, str], dict[str, Any]]] = {
    "": _overview,
    "ports": _ports,
    "quality": _quality,
    "lineage": _lineage,
    "versions": _versions,
    "runs": _runs,
}


@router.get("/mesh/{domain}/{product}")
def overview(request: Request, snapshot: CurrentSnapshot, domain: str, product: str) -> Response:
    """What a product is for, whose it is, what it reads and serves."""
    return _tab(request, snapshot.catalogue, domain, product, "")


@router.get("/mesh/{domain}/{product}/dashboards")
def dashboards(
    request: Request, snapshot: CurrentSnapshot, site: CurrentSite, domain: str, product: str
) -> Response:
    """The dashboards of a product; the only one is shown."""
    rows = snapshot.catalogue.of("dashboards", domain, product)
    summary = snapshot.catalogue.product(domain, product)
    shown = shown_dashboard(request, site, snapshot, summary.key, None) if len(rows) == 1 else {}
    return _page(
        request,
        snapshot.catalogue,
        summary,
        "dashboards",
        dashboards=rows,
        **shown,
    )


@router.get("/mesh/{domain}/{product}/policies")
def policies(
    request: Request, snapshot: CurrentSnapshot, site: CurrentSite, domain: str, product: str
) -> Response:
    """What the policies find in a product, and what of that is waived or fixed."""
    summary = snapshot.catalogue.product(domain, product)
    judged = site.policies.settled(JUDGING_SECONDS) or Compliance()
    found = judged.of(domain, product)
    return _page(
        request,
        snapshot.catalogue,
        summary,
        "policies",
        known=judged.policies,
        pages=pages_at(snapshot.catalogue, [each.address for each in found]),
        score=judged.marks.get((domain, product)),
        biting=[each for each in found if each.waiver is None],
        waived=[each for each in found if each.waiver is not None],
        fixed=fixed(snapshot.catalogue, domain, product),
        current=site.policies.current,
    )


@router.get("/mesh/{domain}/{product}/{part}")
def part(
    request: Request,
    snapshot: CurrentSnapshot,
    site: CurrentSite,
    domain: str,
    product: str,
    part: str,
    view: str = "",
) -> Response:
    """A tab of a product, or one of its output ports."""
    if part in TABS:
        return _tab(request, snapshot.catalogue, domain, product, part)
    port, major = _port(part, domain, product)
    if view == "yaml":
        return _yaml(site, snapshot.catalogue, domain, product, port, major)
    found = port_detail(snapshot.catalogue, domain, product, port, major)
    return _page(request, snapshot.catalogue, found.product, "port", "ports", detail=found)


@router.get("/mesh/{domain}/{product}/{part}/{obj}")
def table(
    request: Request, snapshot: CurrentSnapshot, domain: str, product: str, part: str, obj: str
) -> Response:
    """One table of an output port."""
    port, major = _port(part, domain, product)
    found = port_detail(snapshot.catalogue, domain, product, port, major, name_of(obj))
    return _page(request, snapshot.catalogue, found.product, "table", "ports", detail=found)


@router.get("/mesh/{domain}/{product}/{part}/{obj}/{path}")
def column(
    request: Request,
    snapshot: CurrentSnapshot,
    domain: str,
    product: str,
    part: str,
    obj: str,
    path: str,
) -> Response:
    """A column: what it means, where it comes from, where else its name occurs."""
    port, major = _port(part, domain, product)
    catalogue = snapshot.catalogue
    found = column_detail(catalogue, domain, product, port, major, name_of(obj), name_of(path))
    return _page(
        request,
        catalogue,
        found.port.product,
        "column",
        "ports",
        detail=found,
        drawn=draw_column_lineage(catalogue, found.lineage),
    )


def _tab(request: Request, catalogue: Catalogue, domain: str, product: str, tab: str) -> Response:
    summary = catalogue.product(domain, product)
    return _page(
        request,
        catalogue,
        summary,
        tab or "overview",
        tab,
        **_SHOWN[tab](catalogue, domain, product),
    )


def _page(
    request: Request,
    catalogue: Catalogue,
    summary: ProductSummary,
    template: str,
    tab: str | None = None,
    **values: Any,
) -> Response:
    """A page of a product, with its head and its tabs; `tab` is the one it is below, if not of that name."""
    tab = template if tab is None else tab
    tabs = tabs_of(catalogue, summary.domain, summary.product)
    now = datetime.now(UTC)
    return pages_of(request).render(
        request, f"product/{template}.html", summary=summary, tabs=tabs, tab=tab, now=now, **values
    )


def _port(part: str, domain: str, product: str) -> tuple[str, int]:
    name, at, major = part.rpartition("@")
    if not at or not (major.isascii() and major.isdigit()):
        raise NotFound(
            f"{domain}/{product} has no page `{part}`",
            why="below a product are its tabs, and its output ports as PORT@MAJOR",
            way_out=f"see {page_of(domain, product)}",
        )
    return name, int(major)


def _yaml(
    site: Site, catalogue: Catalogue, domain: str, product: str, port: str, major: int
) -> PlainTextResponse:
    """The contract of an output port as it was applied."""
    found = port_detail(catalogue, domain, product, port, major)
    applied = site.live.applied(ProductKey(domain, product))
    contract = found.port.contract
    document = None
    if contract is not None and applied is not None:
        document = applied.documents.get(contract["file"].removeprefix(f"{applied.folder}/"))
    if document is None:
        raise NotFound(f"port {port}@{major} of {domain}/{product} is bound to no contract")
    return PlainTextResponse(yaml_text(document), media_type="text/yaml")
