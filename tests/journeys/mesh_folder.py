"""Small meshes on disk, and the command line on them."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meshwright.cli.main import main


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The printed JSON."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Everything printed."""
        return self.out + self.err


def column(name: str, kind: str = "integer", **more: Any) -> dict[str, Any]:
    """A property of a contract."""
    return {"name": name, "logicalType": kind, **more}


def custom(**values: Any) -> list[dict[str, Any]]:
    """Custom properties of ours."""
    return [{"property": name, "value": value, "vendor": "meshwright"} for name, value in values.items()]


def contract(name: str, objects: Mapping[str, Sequence[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """A contract document; `objects` maps an object to its columns."""
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": name,
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": obj, "properties": list(columns)} for obj, columns in objects.items()],
        **more,
    }


def csv_server(path: str) -> list[dict[str, Any]]:
    """A server that reads a CSV file."""
    return [{"server": "files", "type": "local", "path": path, "format": "csv"}]


class MeshFolder:
    """A mesh in a folder. Documents are JSON, which is YAML."""

    def __init__(self, root: Path, name: str = "acme", **settings: Any) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        (root / "mesh.yaml").write_text(json.dumps({"mesh": name, **settings}))

    @classmethod
    def at(cls, root: Path) -> MeshFolder:
        """The mesh that is in a folder already."""
        found = cls.__new__(cls)
        found.root = root
        return found

    def product(
        self,
        key: str,
        contracts: Sequence[dict[str, Any]],
        models: Mapping[str, str],
        inputs: Sequence[tuple[str, str]] = (),
        outputs: Sequence[tuple[str, str, str]] = (),
        port_custom: Mapping[str, Any] | None = None,
        tests: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Path:
        """Write a product: inputs are (port, contract id), outputs (port, version, contract id)."""
        domain, name = key.split("/")
        folder = self.root / "domains" / domain / name
        for part in ("contracts", "models", "tests"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (self.root / "domains" / domain / "domain.yaml").write_text(json.dumps({"domain": domain}))
        document: dict[str, Any] = {
            "apiVersion": "v1.1.0",
            "kind": "DataProduct",
            "id": key.replace("/", "-"),
            "status": "active",
            "inputPorts": [{"name": p, "version": "1.0.0", "contractId": c} for p, c in inputs],
            "outputPorts": [
                {
                    "name": port,
                    "version": version,
                    "contractId": c,
                    **({"customProperties": custom(**port_custom)} if port_custom else {}),
                }
                for port, version, c in outputs
            ],
            **more,
        }
        (folder / "product.yaml").write_text(json.dumps(document))
        for document in contracts:
            stem = f"{document['id']}-{document['version']}"
            (folder / "contracts" / f"{stem}.yaml").write_text(json.dumps(document))
        for file, text in models.items():
            (folder / "models" / file).write_text(text)
        for file, test in (tests or {}).items():
            (folder / "tests" / file).write_text(json.dumps(test))
        return folder

    def csv(self, path: str, header: str, *lines: str) -> None:
        """Write a CSV file below the mesh."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([header, *lines]) + "\n")

    def run(self, *words: str, code: int | None = 0) -> Answer:
        """Run `mesh WORDS` in the mesh's folder; the exit code must be `code` unless that is None."""
        out, err = io.StringIO(), io.StringIO()
        exit_code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(["--directory", str(self.root), *words])
            except SystemExit as end:
                exit_code = end.code if isinstance(end.code, int) else int(end.code is not None)
        answer = Answer(exit_code, out.getvalue(), err.getvalue())
        assert code is None or exit_code == code, f"exit code {exit_code}\n{answer.text}"
        return answer

    def rows(self, sql: str, *words: str) -> list[dict[str, Any]]:
        """The rows of `mesh query`."""
        found: list[dict[str, Any]] = self.run("query", sql, "--format", "json", *words).data["rows"]
        return found

    def files(self) -> set[str]:
        """Every file in the default environment's warehouse and scratch, relative to the mesh.

        The mark that says which registry knows the warehouse's tables is none of them.
        """
        return {
            str(file.relative_to(self.root))
            for place in ("warehouse", "scratch")
            for file in (self.root / ".mesh" / "dev" / place).rglob("*")
            if file.is_file() and file.parent.name != ".registries"
        }


def orders_mesh(root: Path, **port_custom: Any) -> MeshFolder:
    """Two products: sales/orders from a CSV file, and finance/revenue that reads it."""
    mesh = MeshFolder(root)
    mesh.csv("data/orders.csv", "id,customer,amount", "1,ada,10.5", "2,grace,20.0", "3,ada,5.0")
    columns = [
        column("id", required=True, primaryKey=True, primaryKeyPosition=1),
        column("customer", "string", required=True),
        column("amount", "number", logicalTypeOptions={"minimum": 0}),
    ]
    mesh.product(
        "sales/orders",
        [
            contract(
                "orders-file",
                {"orders": [*columns[:2], column("amount", "number")]},
                servers=csv_server("data/orders.csv"),
            ),
            contract("orders", {"orders": columns}),
        ],
        {"orders.sql": "select id, customer, amount from files.orders\n"},
        inputs=[("files", "orders-file")],
        outputs=[("orders", "1.0.0", "orders")],
        port_custom=port_custom,
    )
    mesh.product(
        "finance/revenue",
        [
            contract(
                "revenue",
                {"revenue": [column("customer", "string", required=True), column("amount", "number")]},
            )
        ],
        {"revenue.sql": "select customer, sum(amount) as amount from orders.orders group by customer\n"},
        inputs=[("orders", "orders")],
        outputs=[("revenue", "1.0.0", "revenue")],
    )
    return mesh
