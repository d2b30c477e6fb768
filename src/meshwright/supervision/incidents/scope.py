"""A registry as if one product were all there is, for a look at that product alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from meshwright.model.address import ProductKey
from meshwright.model.external import External
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies
from meshwright.provisioning.tables import AppliedProduct, Reading, RecordedPublication
from meshwright.supervision.metamodel.history import VIOLATIONS
from meshwright.supervision.metamodel.incident_log import RUN_ENDS

NEWEST_RUNS = 50
"""How far back it is looked for the last run that published."""

TOLD = (
    "incident.opened",
    "incident.ended",
    "alert.attempted",
    "alert.delivered",
    "alert.failed",
    "product.removed",
    *VIOLATIONS,
)


class ProductReading:
    """See `provisioning.tables.Reading`; of facts it has those that tell of incidents.

    Which applied products there are besides, and what they have published, it does not say.
    """

    def __init__(self, reading: Reading, product: ProductKey) -> None:
        self._reading = reading
        self._product = product

    def token(self) -> tuple[str, str]:
        """See `provisioning.tables.Reading`."""
        return self._reading.token()

    def versions(self) -> Mapping[ProductKey, str]:
        """See `provisioning.tables.Reading`."""
        return {each.key: each.version for batch in self.products() for each in batch}

    def products(
        self, keys: Collection[ProductKey] | None = None, lineage: bool = False
    ) -> Iterator[Sequence[AppliedProduct]]:
        """See `provisioning.tables.Reading`."""
        return self._reading.products([self._product], lineage)

    def domains(self) -> Mapping[str, AppliedDomain]:
        """See `provisioning.tables.Reading`."""
        return self._reading.domains()

    def policies(self) -> Mapping[str, AppliedPolicies]:
        """See `provisioning.tables.Reading`."""
        return self._reading.policies()

    def facts(self, after: int) -> Iterator[Sequence[Fact]]:
        """See `provisioning.tables.Reading`."""
        told = [
            *self._reading.facts_of(self._product, tuple(RUN_ENDS), NEWEST_RUNS),
            *self._reading.facts_of(self._product, TOLD),
        ]
        told.sort(key=lambda fact: fact.sequence)
        yield [fact for fact in told if fact.sequence > after]

    def facts_of(
        self, product: ProductKey, kinds: Collection[str], newest: int | None = None
    ) -> Sequence[Fact]:
        """See `provisioning.tables.Reading`."""
        return self._reading.facts_of(product, kinds, newest)

    def publications(self) -> Sequence[RecordedPublication]:
        """See `provisioning.tables.Reading`."""
        return ()

    def external(self, after: int) -> tuple[int, External]:
        """See `provisioning.tables.Reading`; no incident is about what others tell."""
        return after, {}
