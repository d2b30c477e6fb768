"""A relationship refers to an object or column that does not exist.

## What it does
Resolves the `from` and `to` of every relationship of a contract: to columns of the same contract
(`customers.id`), of another file (`customers.yaml#/schema/customers/properties/id`, relative to the
contract or to the mesh), or of an output port anywhere in the mesh
(`brokerage.customers.customers.id`). Web addresses are not fetched.

## Why is this bad
Relationships are verified: a foreign key into nothing cannot be.

## Example
```yaml
properties:
  - name: customer_id
    relationships:
      - to: customer.id       # the object is `customers`
```

## What to do instead
Name an object and a column that exist.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import Problem
from meshwright.experience.resolution import References, Unresolved, find_column
from meshwright.experience.rules.places import owned_contracts, walk
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.contract import Contract, ContractObject, Relationship
from meshwright.model.mesh import Mesh

CODE = "MW105"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Relationships whose ends are not there."""
    references = References(mesh)
    for _, contract in owned_contracts(mesh):
        for obj in contract.objects:
            for relationship in obj.relationships:
                yield from _ends(references, contract, obj, relationship)
            for prop in walk(obj.properties):
                for relationship in prop.relationships:
                    yield from _to(references, contract, obj, relationship)


def _ends(
    references: References, contract: Contract, obj: ContractObject, relationship: Relationship
) -> Iterator[Problem]:
    for name in relationship.from_:
        if find_column(contract, obj.properties, name) is None:
            yield Problem(
                CODE,
                f"object `{obj.name}` has no column `{name}` for a relationship to start from",
                file=contract.file,
                path=f"{relationship.path}.from",
                hint=Suggester(p.name for p in obj.properties).hint(name),
            )
    yield from _to(references, contract, obj, relationship)


def _to(
    references: References, contract: Contract, obj: ContractObject, relationship: Relationship
) -> Iterator[Problem]:
    found = references.resolve(contract, relationship)
    if isinstance(found, Unresolved):
        yield Problem(
            CODE,
            f"a relationship of `{obj.name}` refers to nothing: {found.reason}",
            file=contract.file,
            path=f"{relationship.path}.to",
            hint=Suggester(found.known).hint(found.wanted, found.way_out),
        )
