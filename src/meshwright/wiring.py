"""The only module that joins ports to adapters. Each adapter is loaded when it is first used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.errors import MissingPart
from meshwright.model.product import Environment
from meshwright.provisioning.identity import file_identity
from meshwright.provisioning.secrets import secrets_for

if TYPE_CHECKING:
    from meshwright.adapters.registry.registry import SqlRegistry
    from meshwright.model.address import ProductKey
    from meshwright.model.product import Bundle
    from meshwright.provisioning.ports import (
        AlertChannel,
        Charts,
        CustomEngine,
        Engine,
        EventSink,
        Meanings,
        Notes,
        PythonRunner,
        SearchIndex,
        Secrets,
        SourceReader,
        Warehouse,
    )
    from meshwright.provisioning.registry import Registry
    from meshwright.provisioning.tables import Readable, Tables
    from meshwright.supervision.incidents.sweep import Watch
    from meshwright.supervision.metamodel.tables import MeshTables
    from meshwright.supervision.policy.plans import PlanJudge


VERIFY_MEMORY = "1GiB"
"""What verification outside a mesh may hold in memory; the engine spills the rest."""


class WiredInfrastructure:
    """The infrastructure of one environment (`provisioning.ports.Infrastructure`)."""

    def __init__(self, environment: Environment, root: Path, scratch: Path) -> None:
        self._environment = environment
        self._root = root
        self._scratch = scratch

    @cached_property
    def engine(self) -> Engine:
        """The engine that the environment names."""
        if self._environment.engine != "duckdb":
            raise MissingPart(
                f"environment `{self._environment.name}` names engine `{self._environment.engine}`",
                way_out="use `engine: duckdb`, the one that this installation has",
            )
        from meshwright.adapters.duckdb.engine import DuckEngine

        settings = {**self._environment.settings, "scratch": str(self._scratch)}
        return DuckEngine([self._environment.warehouse, str(self._scratch)], settings)

    @cached_property
    def warehouse(self) -> Warehouse:
        """Iceberg tables in the environment's warehouse."""
        if "://" in self._environment.warehouse:
            raise MissingPart(
                f"environment `{self._environment.name}` names warehouse `{self._environment.warehouse}`",
                why="this installation keeps tables in folders only",
                way_out="name a folder; one that several machines share serves them all",
            )
        from meshwright.adapters.iceberg.warehouse import IcebergWarehouse

        return IcebergWarehouse(self._environment.warehouse, self._environment.registry)

    @cached_property
    def python(self) -> PythonRunner:
        """The runner of Python models."""
        from meshwright.adapters.python.runner import ChildRunner

        return ChildRunner()

    @cached_property
    def readers(self) -> Mapping[str, SourceReader]:
        """The source readers by ODCS server type."""
        return LazyReaders(secrets_for(self._environment, os.environ, self._root), self._root)

    @cached_property
    def events(self) -> EventSink | None:
        """The file or server that `openlineage` names."""
        place = self._environment.settings.get("openlineage")
        if place is None:
            return None
        from meshwright.adapters.openlineage.sinks import FileSink, HttpSink

        if place.startswith(("http://", "https://")):
            return HttpSink(place, secrets_for(self._environment, os.environ, self._root))
        return FileSink(self._root / place)

    @cached_property
    def custom_engines(self) -> Mapping[str, CustomEngine]:
        """The engines of custom rules."""
        return custom_engines()


def open_connections(
    environment: Environment, root: Path, scratch: Path
) -> tuple[Registry, WiredInfrastructure]:
    """The registry and the infrastructure of an environment, with connections of their own."""
    return open_registry(environment, root), WiredInfrastructure(environment, root, scratch)


def load_adapters() -> None:
    """Load what nearly every run uses, and open nothing."""
    for name in (
        "meshwright.adapters.duckdb.engine",
        "meshwright.adapters.iceberg.warehouse",
        "meshwright.adapters.local.reader",
        "meshwright.adapters.extraction.writing",
        "sqlglot.dialects.duckdb",  # models are rewritten
    ):
        import_module(name)


class LazyReaders(Mapping[str, "SourceReader"]):
    """Source readers by ODCS server type, loaded on first use."""

    def __init__(self, secrets: Secrets, root: Path, notes: Notes | None = None) -> None:
        self._context = (root, os.environ, secrets, notes)
        self._made: dict[str, SourceReader] = {}

    def __getitem__(self, kind: str) -> SourceReader:
        make = _READERS[kind]
        if kind not in self._made:
            self._made[kind] = make(*self._context)
        return self._made[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in _READERS

    def __iter__(self) -> Iterator[str]:
        return iter(_READERS)

    def __len__(self) -> int:
        return len(_READERS)


def _local(root: Path, environ: Mapping[str, str], secrets: Secrets, _: Notes | None) -> SourceReader:
    from meshwright.adapters.local.reader import LocalReader

    return LocalReader(root, environ, secrets)


def _postgres(root: Path, environ: Mapping[str, str], secrets: Secrets, _: Notes | None) -> SourceReader:
    from meshwright.adapters.postgres.reader import PostgresReader

    return PostgresReader(root, environ, secrets)


def _duckdb(root: Path, environ: Mapping[str, str], secrets: Secrets, _: Notes | None) -> SourceReader:
    from meshwright.adapters.duckdb_source.reader import DuckdbReader

    return DuckdbReader(root, environ, secrets)


def _api(root: Path, environ: Mapping[str, str], secrets: Secrets, _: Notes | None) -> SourceReader:
    from meshwright.adapters.api.reader import ApiReader

    return ApiReader(root, environ, secrets)


def _iceberg(root: Path, environ: Mapping[str, str], secrets: Secrets, notes: Notes | None) -> SourceReader:
    from meshwright.adapters.iceberg.reader import IcebergReader

    return IcebergReader(root, environ, secrets, notes)


def _store(root: Path, environ: Mapping[str, str], secrets: Secrets, notes: Notes | None) -> SourceReader:
    from meshwright.adapters.object_store.reader import ObjectStoreReader

    return ObjectStoreReader(_local(root, environ, secrets, notes), environ, secrets)


_READERS: Mapping[str, Callable[[Path, Mapping[str, str], Secrets, Notes | None], SourceReader]] = {
    "local": _local,
    "postgres": _postgres,
    "postgresql": _postgres,
    "duckdb": _duckdb,
    "api": _api,
    "iceberg": _iceberg,
    "s3": _store,
    "gcs": _store,
    "azure": _store,
}


def verification(
    root: Path, scratch: Path, secrets: Secrets = lambda server: {}, notes: Notes | None = None
) -> tuple[Callable[[], Engine], Mapping[str, SourceReader]]:
    """What verifies a contract outside a mesh: how to start the embedded engine, and readers by server type.

    Relative paths are below `root`; `scratch` is a folder for what does not fit into memory; `notes`
    keeps what was read of files that never change.
    """

    def engine() -> Engine:
        from meshwright.adapters.duckdb.engine import DuckEngine

        return DuckEngine([], {"scratch": str(scratch), "memory_limit": VERIFY_MEMORY})

    return engine, LazyReaders(secrets, root, notes)


def engine_identity() -> str | None:
    """What changes whenever the embedded engine does, or anything here; None where nothing tells.

    The engine is not loaded.
    """
    found = find_spec("_duckdb")
    if found is None or found.origin is None:
        return None
    return "\0".join([file_identity(found.origin), *sorted(_modules(str(Path(__file__).parent)))])


def _modules(folder: str) -> Iterator[str]:
    """Every module below a folder, with its size and the time of its last write."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _modules(entry.path)
            elif entry.name.endswith(".py"):
                found = entry.stat()
                yield f"{entry.path}\0{found.st_size}\0{found.st_mtime_ns}"


def custom_engines() -> Mapping[str, CustomEngine]:
    """Engines of custom rules, whether they are installed or not."""
    from meshwright.adapters.great_expectations.engine import GreatExpectations

    return {"greatexpectations": GreatExpectations()}


def tables_engine(environment: Environment, scratch: Path) -> Tables:
    """What runs SQL over relations of the mesh itself, whatever engine builds its data."""
    from meshwright.adapters.duckdb.engine import DuckEngine

    scratch.mkdir(parents=True, exist_ok=True)
    return DuckEngine([], {**environment.settings, "scratch": str(scratch)})


def alert_channels(environment: Environment, root: Path) -> Mapping[str, AlertChannel]:
    """What carries alerts, by the way they travel; nothing where the environment has no `alerts`."""
    alerts = environment.settings.get("alerts")
    if alerts is None:
        return {}
    from meshwright.adapters.mail.channel import MailChannel
    from meshwright.adapters.webhook.channel import WebhookChannel
    from meshwright.adapters.webhook.places import networks_of

    secrets = secrets_for(environment, os.environ, root)
    return {
        "webhook": WebhookChannel(secrets, networks_of(alerts.get("networks", ()))),
        "mail": MailChannel(alerts.get("smtp"), alerts.get("from"), secrets),
    }


def open_watch(
    mesh: str, environment: Environment, root: Path, shared: Callable[[], MeshTables] | None = None
) -> Watch:
    """What sweeps an environment for incidents, with a registry connection of its own; see `Watch`."""
    from datetime import timedelta

    from meshwright.supervision.incidents.sweep import QUIET_MINUTES, Watch

    registry = _open_registry(environment, root)
    alerts = environment.settings.get("alerts") or {}
    return Watch(
        mesh=mesh,
        environment=environment.name,
        registry=registry,
        readable=registry,
        channels=alert_channels(environment, root),
        quiet=timedelta(minutes=alerts.get("quiet_minutes", QUIET_MINUTES)),
        pages=alerts.get("pages"),
        engine=lambda: tables_engine(environment, root / ".mesh" / environment.name / "scratch"),
        shared=shared,
    )


def charts() -> Charts:
    """What draws charts: Vega, in a process of its own that starts with the first chart."""
    from meshwright.adapters.vega.charts import VegaCharts

    return VegaCharts()


def binding_engine() -> Tables:
    """What binds queries to the columns of contracts; it reads no data, and touches no folder."""
    from meshwright.adapters.duckdb.engine import DuckEngine

    return DuckEngine([], {"memory_limit": "256MiB", "threads": 1})


def search_index(folder: Path) -> SearchIndex:
    """The search index in a folder, which is made when something is written."""
    from meshwright.adapters.tantivy.index import TantivyIndex

    return TantivyIndex(folder)


def search_meanings(folder: Path) -> Meanings:
    """What finds by meaning, with what it learnt in a folder.

    Raises:
        MissingPart: the extra `semantic` is not installed.
    """
    from meshwright.adapters.minilm.meanings import MiniLm

    return MiniLm(folder)


def policy_verdicts(
    environment: Environment,
    root: Path,
    scratch: Path,
    mesh: str,
    now: str,
    lineages: Callable[[Sequence[Bundle]], Mapping[ProductKey, str]],
) -> PlanJudge:
    """What judges plans by the policies (`experience.plan.policies.Verdicts`) at a moment."""
    from meshwright.supervision.policy.plans import PlanJudge

    return PlanJudge(
        mesh,
        lambda: open_readable(environment, root).reading(environment.name),
        lambda: tables_engine(environment, scratch),
        now[: len("2026-01-31")],
        lineages,
    )


def open_readable(environment: Environment, root: Path) -> Readable:
    """The environment's registry, to be read in bulk."""
    return _open_registry(environment, root)


def open_registry(environment: Environment, root: Path) -> Registry:
    """The environment's registry; made on first use."""
    return _open_registry(environment, root)


def _open_registry(environment: Environment, root: Path) -> SqlRegistry:
    from meshwright.adapters.registry.registry import open_registry as open_database

    password = None
    if "registry" in environment.secrets:
        values = secrets_for(environment, os.environ, root)("registry")
        password = values.get("password") or values.get("token")
    return open_database(environment.registry, password=password)
