"""The API for programs, version 1."""

from __future__ import annotations

from importlib import import_module

from fastapi import APIRouter
from pydantic import BaseModel, Field

from meshwright import __version__
from meshwright.server.api.conditional import Conditional
from meshwright.server.problems import may_be
from meshwright.server.site import CurrentSnapshot

PREFIX = "/api/v1"

_GROUPS = ("lists", "products", "columns", "lineage", "ingest", "search")


class Served(BaseModel):
    """What is served: a mesh, one of its environments, and a text that changes whenever that does."""

    mesh: str = Field(description="The name of the mesh.")
    environment: str = Field(description="The environment.")
    state: str = Field(description="Changes with everything that is applied, published or recorded.")
    version: str = Field(description="The version of Meshwright.")
    stale: bool = Field(description="Whether the registry cannot be read, so that this is an older state.")


def router() -> APIRouter:
    """Everything below `PREFIX`."""
    found = APIRouter(route_class=Conditional)

    @found.get("", summary="What is served here", operation_id="served", responses=may_be(503), tags=["mesh"])
    def served(snapshot: CurrentSnapshot) -> Served:
        """The mesh and the environment, and the version of Meshwright."""
        return Served(
            mesh=snapshot.mesh,
            environment=snapshot.environment,
            state=snapshot.token,
            version=__version__,
            stale=snapshot.problem is not None,
        )

    for name in _GROUPS:
        found.include_router(import_module(f"{__name__}.{name}").router())
    return found
