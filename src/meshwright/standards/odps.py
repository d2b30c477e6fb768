"""ODPS 1.x and 0.9 documents to products and back (Open Data Product Standard, Bitol)."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, cast

from meshwright.model.address import version_fits, version_tuple
from meshwright.model.contract import Contract, Document
from meshwright.model.product import (
    Bundle,
    InputPort,
    Model,
    OutputPort,
    Product,
    Status,
)
from meshwright.standards.custom import custom_of

PRODUCT_FILE = "product.yaml"

MODEL_NAME = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?:@(?P<major>[0-9]{1,9}))?\.(?P<language>sql|py)\Z"
)
"""The file names of models: NAME.sql, NAME@MAJOR.sql, NAME.py."""


class Bindable(Protocol):
    """What tells which contract a port means."""

    @property
    def id(self) -> str:
        """The contract's id."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def servers(self) -> Any:
        """Its servers; a source has some."""
        ...


AnyContract = TypeVar("AnyContract", bound=Bindable)


def read_product(bundle: Bundle, contracts: Sequence[Contract]) -> Product:
    """The product that a bundle declares, its ports bound to its `contracts`.

    The bundle's documents are such that their schemas accept them. ODPS takes any text as a status,
    so `status` is what the document says, in small letters; the mesh's rules judge it.
    """
    document = bundle.documents[PRODUCT_FILE]
    custom = custom_of(document)
    return Product(
        key=bundle.key,
        id=document["id"],
        bundle=bundle,
        document=document,
        file=f"{bundle.folder}/{PRODUCT_FILE}",
        status=_status(document.get("status")),
        name=document.get("name"),
        version=document.get("version"),
        description=(document.get("description") or {}).get("purpose"),
        inputs=tuple(
            _input(port, f"inputPorts[{i}]", contracts)
            for i, port in enumerate(document.get("inputPorts") or ())
        ),
        outputs=tuple(
            _output(port, f"outputPorts[{i}]", contracts)
            for i, port in enumerate(document.get("outputPorts") or ())
        ),
        contracts=tuple(contracts),
        models=_models(bundle),
        dialect=str(custom.get("dialect", "duckdb")),
        sunset=_text(custom.get("sunset")),
        successor=_text(custom.get("successor")),
        custom=custom,
    )


def write_product(product: Product) -> dict[str, Any]:
    """The document of a product, equal to what was read: data, key order, explicit nulls."""
    return copy.deepcopy(dict(product.document))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _status(text: str | None) -> Status:
    return cast("Status", "active" if text is None else text.lower())


def _input(port: Document, path: str, contracts: Sequence[Contract]) -> InputPort:
    contract_id, version = port.get("contractId"), port.get("version")
    return InputPort(
        port["name"], contract_id, version, path, source_contract(contract_id, version, contracts)
    )


def source_contract(
    contract_id: str | None, version: str | None, contracts: Sequence[AnyContract]
) -> AnyContract | None:
    """The newest of a product's own contracts with servers that fits the version an input port asks for."""
    same = [contract for contract in contracts if contract.id == contract_id and contract.servers]
    wanted = version_tuple(version) if same else ()
    fits = [contract for contract in same if version_fits(version_tuple(contract.version), wanted)]
    return max(fits, key=lambda contract: version_tuple(contract.version), default=None)


def _output(port: Document, path: str, contracts: Sequence[Contract]) -> OutputPort:
    version = port.get("version")
    contract = bound_contract(port.get("contractId"), version, contracts)
    return OutputPort(
        name=port["name"],
        version=version or (contract.version if contract else "1.0.0"),
        contract_id=port.get("contractId"),
        path=path,
        contract=contract,
        description=port.get("description"),
        deprecated=port.get("deprecated", False),
        custom=custom_of(port),
    )


def bound_contract(
    contract_id: str | None, version: str | None, contracts: Sequence[AnyContract]
) -> AnyContract | None:
    """The own contract an output port serves: by id, and by version when several have that id."""
    same = [contract for contract in contracts if contract.id == contract_id]
    if len(same) > 1:
        wanted = version_tuple(version)
        same = [contract for contract in same if version_tuple(contract.version) == wanted]
    return same[0] if len(same) == 1 else None


def _models(bundle: Bundle) -> tuple[Model, ...]:
    found = []
    for path, text in bundle.texts.items():
        folder, _, name = path.rpartition("/")
        if folder != "models" and not folder.startswith("models/"):
            continue
        if (match := MODEL_NAME.match(name)) is None:
            continue
        found.append(
            Model(
                name=match["name"],
                major=int(match["major"]) if match["major"] else None,
                language="sql" if match["language"] == "sql" else "python",
                file=f"{bundle.folder}/{path}",
                text=text,
            )
        )
    return tuple(found)
