"""Dashboards of products, over what is published now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from meshwright.errors import NotFound
from meshwright.experience.dashboards.look import View, find_dashboard, look
from meshwright.experience.dashboards.objects import dashboards_of
from meshwright.experience.load import product_of
from meshwright.model.address import ProductKey
from meshwright.server.dashboards.asking import asked_of, sizes_for
from meshwright.server.dashboards.render import nothing_yet, place_in, rendered_head, rendered_tiles
from meshwright.server.dashboards.tiles import Size
from meshwright.server.links import page_of
from meshwright.server.live import Snapshot
from meshwright.server.site import CurrentSite, CurrentSnapshot, Site, pages_of

router = APIRouter()


@router.get("/dashboards")
def dashboards(request: Request, snapshot: CurrentSnapshot) -> Response:
    """Every dashboard of the mesh."""
    rows = snapshot.once("dashboards", lambda tables: tables.tables["dashboards"].to_pylist())
    return pages_of(request).render(request, "dashboards/all.html", dashboards=rows)


@router.get("/mesh/{domain}/{product}/dashboards/{name}")
def dashboard(
    request: Request, snapshot: CurrentSnapshot, site: CurrentSite, domain: str, product: str, name: str
) -> Response:
    """One dashboard, as its filters are set by the fields of the address."""
    summary = snapshot.catalogue.product(domain, product)
    shown = shown_dashboard(request, site, snapshot, summary.key, name)
    return pages_of(request).render(
        request, "dashboards/page.html", summary=summary, dashboard=shown["view"].dashboard, **shown
    )


def shown_dashboard(
    request: Request, site: Site, snapshot: Snapshot, key: ProductKey, name: str | None
) -> dict[str, Any]:
    """The view of a dashboard, its head and its tiles; without a name it is the only one.

    Raises:
        NotFound: the product, or the dashboard, is not there.
    """
    asked, sizes = asked_of(request), sizes_for(request)
    fields = tuple((field, tuple(values)) for field, values in sorted(asked.items()))
    wanted = (snapshot.token, key, name, fields, sizes)
    return site.recent.once(wanted, lambda: _shown(site, key, name, asked, sizes))


def _shown(
    site: Site,
    key: ProductKey,
    name: str | None,
    asked: Mapping[str, Sequence[str]],
    sizes: Sequence[Size],
) -> dict[str, Any]:
    bundle = site.registry.bundles(site.environment.name, [key]).get(key)
    if bundle is None:
        raise NotFound(f"{key} is not applied in {site.environment.name}", way_out="go home, or search")
    found = product_of(bundle)
    each = find_dashboard(dashboards_of(found), name, str(key))
    view: View = look(each, found, site.registry, site.environment.name, site.tables_engine(), asked)
    page = page_of(key.domain, key.product)
    head = rendered_head(view, page, f"{page}/dashboards/{each.name}")
    drawn = rendered_tiles(view, site.charts, place_in(each.file), sizes) if view.publication else None
    body: Markup = nothing_yet(view) if drawn is None else drawn
    return {"view": view, "head": head, "body": body}
