"""The description of the API (OpenAPI 3.1), as true as the code that it is made from."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from meshwright.server.problems import Problem

_ABOUT = (
    "What is applied in an environment of a mesh, and what happened there. Lists have filters, an order and "
    "pages; answers have entity tags; errors are problem details (RFC 9457)."
)


def describe(app: FastAPI) -> None:
    """Let the application describe itself."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = Problem.model_json_schema()
            found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for operations in found["paths"].values():
                for operation in operations.values():
                    for parameter in operation.get("parameters", ()):
                        _present(parameter)
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = description  # type: ignore[method-assign]


def _present(parameter: dict[str, Any]) -> None:
    """A parameter that may be left out is never null: a URL has no null."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema.update(kinds[0])
    elif kinds:
        schema["anyOf"] = kinds
    for told in ("description", "title"):  # the parameter has it
        schema.pop(told, None)
