"""Pages about the whole mesh: its map, governance, portfolio, operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Request, Response

from meshwright.server.drawing.lineage import hues
from meshwright.server.drawing.map import draw_map
from meshwright.server.drawing.runs import day_line
from meshwright.server.links import page_of
from meshwright.server.site import CurrentSite, CurrentSnapshot, pages_of
from meshwright.supervision.catalogue import Catalogue
from meshwright.supervision.catalogue.compliance import Compliance
from meshwright.supervision.catalogue.governance import governance as governance_of
from meshwright.supervision.catalogue.lineage import columns_at
from meshwright.supervision.catalogue.map import mesh_map
from meshwright.supervision.catalogue.operations import operations as operations_of
from meshwright.supervision.catalogue.portfolio import ORDERS, Wanted
from meshwright.supervision.catalogue.portfolio import portfolio as portfolio_of

router = APIRouter()

JUDGING_SECONDS = 2.0
"""How long a page about policies waits for them to be judged anew; after that it says that they are old."""


def _links(path: str, **wanted: Any) -> Callable[..., str]:
    """Addresses of a page with something else wanted."""

    def link(**changes: Any) -> str:
        found = {name: value for name, value in {**wanted, **changes}.items() if value}
        return f"{path}?{urlencode(found)}" if found else path

    return link


def _pages(path: str, **wanted: Any) -> Callable[[int], str]:
    """Addresses of the other pages of a list."""
    link = _links(path, **wanted)
    return lambda number: link(page=number)


def pages_at(catalogue: Catalogue, addresses: Sequence[str]) -> Mapping[str, str]:
    """The pages of the columns and tables among some addresses."""
    found = {
        address: page_of(*(row[name] for name in ("domain", "product", "port", "major", "object", "path")))
        for address, row in columns_at(catalogue, addresses).items()
        if row["binding"] == "output"
    }
    objects = catalogue.tables["objects"]
    tables = objects.filter(pc.is_in(objects["address"], value_set=pa.array(addresses, pa.string())))
    for row in tables.to_pylist():
        if row["binding"] == "output":
            found[row["address"]] = page_of(
                *(row[name] for name in ("domain", "product", "port", "major", "object"))
            )
    return found


@router.get("/map")
def map(request: Request, snapshot: CurrentSnapshot, domain: str | None = None) -> Response:
    """Domains and products as a graph, with their health."""
    now = datetime.now(UTC)
    found = mesh_map(snapshot.catalogue, now, domain or None)
    drawn = draw_map(found, hues(snapshot.catalogue), now)
    return pages_of(request).render(request, "map.html", map=found, drawn=drawn, now=now)


@router.get("/governance")
def governance(
    request: Request,
    snapshot: CurrentSnapshot,
    site: CurrentSite,
    policy: str | None = None,
    domain: str | None = None,
    page: int = 1,
) -> Response:
    """Policies, violations, waivers, and compliance by domain and over time."""
    now = datetime.now(UTC)
    judged = site.policies.settled(JUDGING_SECONDS) or Compliance()
    found = governance_of(snapshot.catalogue, judged, now, policy or None, domain or None, page)
    return pages_of(request).render(
        request,
        "governance.html",
        governance=found,
        known=judged.policies,
        pages=pages_at(snapshot.catalogue, [each.address for each in found.findings]),
        wrong_waivers=judged.wrong_waivers,
        current=site.policies.current,
        policy=policy or None,
        domain=domain or None,
        line=day_line([(each.day, each.open) for each in found.days]),
        link=_links("/governance", policy=policy, domain=domain),
        next_page=_pages("/governance", policy=policy, domain=domain),
        now=now,
    )


@router.get("/portfolio")
def portfolio(
    request: Request,
    snapshot: CurrentSnapshot,
    site: CurrentSite,
    domain: str = "",
    owner: str = "",
    status: str = "",
    health: str = "",
    sort: str = "health",
    page: int = 1,
) -> Response:
    """Every product's use, health, compliance and cost, and what needs attention."""
    now = datetime.now(UTC)
    wanted = Wanted(domain or None, owner or None, status or None, health or None, sort, page)
    found = portfolio_of(snapshot.catalogue, wanted, now, site.policies.value)
    chosen = {"domain": domain, "owner": owner, "status": status, "health": health, "sort": sort}
    return pages_of(request).render(
        request,
        "portfolio.html",
        portfolio=found,
        chosen=chosen,
        orders=ORDERS,
        page=min(max(page, 1), found.pages),
        link=_links("/portfolio", **chosen),
        next_page=_pages("/portfolio", **chosen),
        now=now,
    )


@router.get("/operations")
def operations(request: Request, snapshot: CurrentSnapshot, status: str = "", page: int = 1) -> Response:
    """Runs, failures, and freshness against service levels."""
    now = datetime.now(UTC)
    found = operations_of(snapshot.catalogue, now, status or None, page)
    return pages_of(request).render(
        request,
        "operations.html",
        operations=found,
        wanted=status,
        link=_links("/operations", status=status),
        next_page=_pages("/operations", status=status),
        now=now,
    )
