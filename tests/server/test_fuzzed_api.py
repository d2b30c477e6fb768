"""The API is what its description says, whatever is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from listening import listening
from mesh_folder import orders_mesh
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from serving import site_at

from meshwright.supervision.metamodel.relations import RELATIONS

CHECKS = [
    schemathesis.checks.not_a_server_error,
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
STRICT = [*CHECKS, negative_data_rejection, positive_data_acceptance]
"""What can be judged where the description is all there is to know: not which names exist."""

LISTS = [f"GET /api/v1/{name}" for name in RELATIONS]
OTHERS = {
    "GET /api/v1": STRICT,
    "GET /api/v1/search": STRICT,
    "GET /api/v1/products/{domain}/{product}": CHECKS,
    "GET /api/v1/products/{domain}/{product}/ports/{port}/{major}": CHECKS,
    "GET /api/v1/products/{domain}/{product}/document": CHECKS,
    "GET /api/v1/products/{domain}/{product}/contracts/{contract}/{version}": CHECKS,
    "GET /api/v1/products/{domain}/{product}/dprod": CHECKS,
    "GET /api/v1/column": CHECKS,
    "GET /api/v1/lineage": CHECKS,
    "GET /api/v1/lineage/paths": CHECKS,
    "GET /api/v1/impact": CHECKS,
    "POST /api/v1/lineage": CHECKS,
}


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    mesh = orders_mesh(tmp_path_factory.mktemp("fuzzed") / "mesh")
    mesh.run("apply", "--yes")
    with listening(site_at(mesh.root)) as url:
        described = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
        yield {found.ok().label: found.ok() for found in described.get_all_operations()}


LONGEST = 8000
"""Characters of a query: the server takes 64 KiB of them, once they are encoded."""


def fuzz(operation: Any, checks: list[Any], examples: int) -> None:
    given_parameters = operation.query or operation.path_parameters
    for mode in GenerationMode if given_parameters else [GenerationMode.POSITIVE]:
        fuzz_with(operation, checks, examples, mode)


def fuzz_with(operation: Any, checks: list[Any], examples: int, mode: GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answered_as_described(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE:
            (case.query or {}).pop("cursor", None)  # nobody can make one up
        assume(len(str(case.query)) < LONGEST)
        case.call_and_validate(checks=checks)

    answered_as_described()


def test_every_operation_is_known(operations: dict[str, Any]) -> None:
    assert set(operations) == {*LISTS, *OTHERS}


@pytest.mark.parametrize("label", LISTS)
def test_any_list_is_answered_as_described(operations: dict[str, Any], label: str) -> None:
    fuzz(operations[label], STRICT, 3)


@pytest.mark.parametrize("label", OTHERS)
def test_any_request_is_answered_as_described(operations: dict[str, Any], label: str) -> None:
    fuzz(operations[label], OTHERS[label], 8)
