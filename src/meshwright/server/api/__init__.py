"""The API for programs, version 1."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from meshwright import __version__
from meshwright.server.site import CurrentSnapshot

PREFIX = "/api/v1"


class Served(BaseModel):
    """What is served: a mesh, one of its environments, and a text that changes whenever that does."""

    mesh: str
    environment: str
    state: str
    version: str


def router() -> APIRouter:
    """Everything below `PREFIX`."""
    found = APIRouter()

    @found.get("", summary="What is served here")
    def served(snapshot: CurrentSnapshot) -> Served:
        """The mesh and the environment, and the version of Meshwright."""
        return Served(
            mesh=snapshot.mesh,
            environment=snapshot.environment,
            state=snapshot.token,
            version=__version__,
        )

    return found
