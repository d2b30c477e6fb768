"""Relations of the mesh itself: what they are made from, and SQL over them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from meshwright.model.address import ProductKey
from meshwright.model.contract import Document
from meshwright.model.external import External
from meshwright.model.product import Bundle
from meshwright.model.publication import Fact, Handle
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies

if TYPE_CHECKING:
    import pyarrow as pa  # an open registry does without

TABLES_SCHEMA = "mesh"
"""The schema of these relations in SQL: `mesh.products`. No domain may have this name."""


@dataclass(frozen=True, slots=True)
class AppliedProduct:
    """What one product is declared by, without its texts; see `Bundle` and `ProductState`.

    `status` and `applied_at` are None for a product that a plan would apply. `lineage` is its stored
    column lineage (`model.lineage`), where that was asked for and is known.
    """

    key: ProductKey
    folder: str
    digest: str
    documents: Mapping[str, Document]
    status: str | None = None
    applied_at: str | None = None
    lineage: str | None = None

    @property
    def version(self) -> str:
        """What changes whenever it is applied (see `Reading.versions`)."""
        return f"{self.digest} {self.applied_at}"

    @classmethod
    def of(cls, bundle: Bundle, lineage: str | None = None) -> AppliedProduct:
        """What a plan would apply."""
        return cls(bundle.key, bundle.folder, bundle.digest, bundle.documents, lineage=lineage)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan would change of what is applied, for those who judge it.

    `bundles` would be stored, `removed` forgotten; `policies_before` are in force, `policies_after` would
    be, None where an owner would have none. `owned` are the domains of the tree, `repository` its name.
    """

    repository: str
    owned: frozenset[str]
    bundles: Sequence[Bundle] = ()
    removed: Collection[ProductKey] = ()
    domains: Sequence[AppliedDomain] = ()
    policies_before: Mapping[str, AppliedPolicies] = field(default_factory=dict)
    policies_after: Mapping[str, AppliedPolicies | None] = field(default_factory=dict)

    @property
    def changes_policies(self) -> bool:
        """Whether other policies would be in force."""
        after = {owner: each for owner, each in self.policies_after.items() if each is not None}
        return after != self.policies_before

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.bundles or self.removed or self.domains or self.changes_policies)


@dataclass(frozen=True, slots=True)
class RecordedPublication:
    """One retained publication, with what its objects hold; `inputs` maps products to publications."""

    id: str
    product: ProductKey
    number: int
    run: str
    created_at: str
    due_at: str | None
    current: bool
    pinned: bool | None
    rows: int
    bytes: int
    inputs: Mapping[str, str]


class Reading(Protocol):
    """One consistent state of an environment in a registry, read in bulk."""

    def token(self) -> tuple[str, str]:
        """Which registry this is, and what changes whenever something is applied, recorded or published."""
        ...

    def versions(self) -> Mapping[ProductKey, str]:
        """Every applied product, with its `AppliedProduct.version`."""
        ...

    def products(
        self, keys: Collection[ProductKey] | None = None, lineage: bool = False
    ) -> Iterator[Sequence[AppliedProduct]]:
        """The applied products of these keys (of all when None), some hundred at a time."""
        ...

    def domains(self) -> Mapping[str, AppliedDomain]:
        """The applied domains."""
        ...

    def policies(self) -> Mapping[str, AppliedPolicies]:
        """The applied policies by owner."""
        ...

    def facts(self, after: int) -> Iterator[Sequence[Fact]]:
        """The facts with a sequence above `after`, oldest first, some thousand at a time."""
        ...

    def facts_of(
        self, product: ProductKey, kinds: Collection[str], newest: int | None = None
    ) -> Sequence[Fact]:
        """The facts of these kinds about a product, oldest first; at most the `newest` of them."""
        ...

    def publications(self) -> Sequence[RecordedPublication]:
        """The retained publications."""
        ...

    def external(self, after: int) -> tuple[int, External]:
        """What others told of datasets and jobs outside the mesh, by facts with a sequence above `after`, and
        the last such sequence; `after` where there is none."""
        ...


class Readable(Protocol):
    """A registry that can be read in bulk."""

    def reading(self, environment: str) -> AbstractContextManager[Reading]:
        """One state of an environment, until the context is left.

        Raises:
            Unavailable: the registry does not answer.
        """
        ...


class TablesSession(Protocol):
    """Relations that are offered to SQL, and nothing else."""

    def query(
        self,
        sql: str,
        where: str = "the query",
        seconds: float | None = None,
        parameters: Any = None,
        limit: int | None = None,
    ) -> pa.Table:
        """The rows of one SELECT, at most `limit`; `parameters` are values for `?` or, by name, `$name`.

        The boundary is that of `Engine.query`: allowed functions and offered relations only, no
        files, no settings. A statement that takes longer than `seconds` is stopped.

        Raises:
            SqlError: it is no single SELECT, reads anything else, fails, or takes too long; with its
                line and column where they are known.
        """
        ...


class Tables(Protocol):
    """An engine that runs SQL over relations that are given as Arrow tables."""

    def tables(
        self,
        relations: Mapping[str, pa.Table],
        handles: Mapping[str, Handle] | None = None,
        memory: str | None = None,
    ) -> AbstractContextManager[TablesSession]:
        """A session over `relations` by their names in SQL (`mesh.products`), without copying them.

        `handles` are published objects by name (`domain.product.object`); `memory` is how much the
        session may hold (`512MiB`), beyond which it fails or spills.
        """
        ...
