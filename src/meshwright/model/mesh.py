"""The whole mesh as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from meshwright.model.address import Address, ProductKey, version_fits, version_tuple
from meshwright.model.contract import Contract
from meshwright.model.product import Domain, Environment, InputPort, OutputPort, Product


@dataclass(frozen=True, slots=True)
class PortRef:
    """One output port of one product."""

    product: Product
    port: OutputPort


Target = PortRef | Contract
"""What an input port resolves to: an output port, or the contract of a source."""


def asks_for(port: InputPort, served: OutputPort) -> bool:
    """Whether an input port's contract id and version fit an output port (see `Mesh.candidates`)."""
    if not port.contract_id or port.contract_id != served.contract_id:
        return False
    return version_fits(version_tuple(served.version), version_tuple(port.version))


@dataclass(frozen=True)
class Mesh:
    """Everything one organisation declares, as far as this tree and the registry know it.

    `products` holds the products of the owned domains as the tree declares them and those of
    other domains as the registry last applied them.
    """

    name: str
    root: str  # absolute folder of the tree
    environments: Mapping[str, Environment]
    default_environment: str
    owned: frozenset[str]
    domains: Mapping[str, Domain]
    products: Mapping[ProductKey, Product] = field(repr=False)

    @cached_property
    def ports_by_contract(self) -> Mapping[str, tuple[PortRef, ...]]:
        """Output ports by the id of the contract they are bound to."""
        found: dict[str, list[PortRef]] = {}
        for product in self.products.values():
            for port in product.outputs:
                if port.contract_id:
                    found.setdefault(port.contract_id, []).append(PortRef(product, port))
        return {name: tuple(refs) for name, refs in found.items()}

    def candidates(self, port: InputPort) -> tuple[Target, ...]:
        """Everything that `port` could mean; exactly one is right.

        An output port fits when it is bound to the contract id, has the same major version and
        is not older than the version asked for; without a version every one fits. The product's
        own contract with servers fits when its version does.
        """
        fits: list[Target] = [
            ref for ref in self.ports_by_contract.get(port.contract_id or "", ()) if asks_for(port, ref.port)
        ]
        if not fits and port.source is not None:
            fits.append(port.source)
        return tuple(fits)

    @cached_property
    def targets(self) -> Mapping[tuple[ProductKey, str], tuple[Target, ...]]:
        """The `candidates` of every input port, by product and port name."""
        return {
            (product.key, port.name): self.candidates(port)
            for product in self.products.values()
            for port in product.inputs
        }

    def resolve(self, port: InputPort) -> Target | None:
        """What `port` reads, or None when that is nothing or not exactly one thing."""
        fits = self.candidates(port)
        return fits[0] if len(fits) == 1 else None

    def upstream(self, product: Product) -> tuple[ProductKey, ...]:
        """The products that `product` reads, each once, in port order."""
        keys = (ref.product.key for port in product.inputs if isinstance(ref := self.resolve(port), PortRef))
        return tuple(dict.fromkeys(keys))

    @cached_property
    def downstream(self) -> Mapping[ProductKey, tuple[ProductKey, ...]]:
        """The products that read each product."""
        found: dict[ProductKey, list[ProductKey]] = {}
        for product in self.products.values():
            for key in self.upstream(product):
                found.setdefault(key, []).append(product.key)
        return {key: tuple(readers) for key, readers in found.items()}

    @cached_property
    def _inputs_by_contract(self) -> Mapping[str, tuple[tuple[Product, InputPort], ...]]:
        found: dict[str, list[tuple[Product, InputPort]]] = {}
        for product in self.products.values():
            for port in product.inputs:
                if port.contract_id:
                    found.setdefault(port.contract_id, []).append((product, port))
        return {name: tuple(readers) for name, readers in found.items()}

    def readers_of_contract(self, contract_id: str | None) -> tuple[tuple[Product, InputPort], ...]:
        """The input ports that name a contract, with their products."""
        return self._inputs_by_contract.get(contract_id or "", ())

    def sees(self, product: Product) -> bool:
        """Whether this tree sees a product: proposed and draft ones are visible to their domain only."""
        return product.status not in ("proposed", "draft") or product.domain in self.owned

    def address(self, product: Product, port: OutputPort) -> Address:
        """The permanent address of a port."""
        return Address(self.name, product.domain, product.key.product, port.name, port.major)
