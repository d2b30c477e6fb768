"""An environment in a registry with a clock that only moves when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from meshwright.adapters.registry import SqlRegistry
from meshwright.adapters.webhook.channel import WebhookChannel
from meshwright.adapters.webhook.places import networks_of
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import Event
from meshwright.supervision.incidents.sweep import Watch

ORDERS = ProductKey("sales", "orders")
LOCAL = networks_of(["127.0.0.0/8"])


class Clock:
    """Seconds since the epoch, as told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length).total_seconds()

    def at(self, **later: float) -> str:
        moment = datetime.fromtimestamp(self.now, UTC) + timedelta(**later)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def secrets(values: Mapping[str, Mapping[str, str]]) -> Callable[[str], Mapping[str, str]]:
    return lambda name: values.get(name, {})


class Watched:
    """A product, its runs, and what sweeps make of them."""

    def __init__(self, registry: SqlRegistry, clock: Clock) -> None:
        self.registry = registry
        self.clock = clock
        self.runs = 0

    def apply(
        self,
        *support: Mapping[str, Any],
        key: ProductKey = ORDERS,
        levels: Sequence[Mapping[str, Any]] = (),
        status: str = "active",
    ) -> None:
        contract = {
            "id": str(key),
            "version": "1.0.0",
            "slaProperties": list(levels),
            "schema": [{"name": "orders", "properties": [{"name": "id", "logicalType": "integer"}]}],
        }
        product = {
            "name": key.product,
            "status": status,
            "support": list(support),
            "outputPorts": [{"name": "out", "version": "1.0.0", "contractId": str(key)}],
        }
        documents = {"product.yaml": product, "contracts/out.yaml": contract}
        folder = f"domains/{key.domain}/{key.product}"
        bundle = Bundle(key.domain, key.product, folder, repr(documents), documents, {})
        told = Event("product.applied", str(key), {"digest": "d", "action": "change"})
        self.registry.apply("dev", None, [(bundle, status)], [], [], [told])
        self.clock.forward(seconds=1)

    def remove(self, key: ProductKey = ORDERS) -> None:
        self.registry.apply("dev", None, [], [key], [], [Event("product.removed", str(key), {})])

    def ran(self, status: str = "published", key: ProductKey = ORDERS, **more: Any) -> None:
        """A run ended, as its fact has it."""
        self.runs += 1
        error = {"kind": "checks", "what": "amount=-10.5 of lovelace"} if status == "failed" else None
        payload = {"run": f"r{self.runs}", "status": status, "error": error, **more}
        self.registry.record("dev", [Event("run.finished", str(key), payload)])
        self.clock.forward(seconds=1)

    def judged(self, status: str, kept_until: str | None = None, index: int = 0) -> Mapping[str, Any]:
        """A verdict on a service level, as a run records it."""
        until = {"kept_until": kept_until} if kept_until else {}
        return {
            "port": "out",
            "version": "1.0.0",
            "contract_version": "1.0.0",
            "path": f"slaProperties[{index}]",
            "status": status,
            "expected": "the newest at most 1 hour old",
            "observed": "newest 2026-02-28",
            **until,
        }

    def watch(self, registry: SqlRegistry | None = None, **more: Any) -> Watch:
        found = registry or self.registry
        channels = {"webhook": WebhookChannel(secrets({}), LOCAL, seconds=2)}
        settings = {"channels": channels, "quiet": timedelta(minutes=15), **more}
        return Watch("acme", "dev", found, found, **settings)

    def facts(self, *kinds: str) -> list[Fact]:
        """Facts of some kinds, oldest first."""
        return [fact for fact in reversed(self.registry.facts("dev")) if fact.kind in kinds]

    @property
    def told(self) -> list[tuple[str, str]]:
        """What facts say of incidents: opened or ended, and what."""
        found = self.facts("incident.opened", "incident.ended")
        return [(fact.kind.partition(".")[2], fact.payload["what"]) for fact in found]
