"""The catalogue's pointers, as PyIceberg's own SqlCatalog sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import LongType, NestedField
from sqlalchemy import text

from meshwright.adapters.registry import SqlRegistry
from meshwright.errors import Conflict
from meshwright.model.publication import Candidate, Handle, ObjectKey

from .world import COLUMNS, DEALS, World, file

NAMESPACE = ("brokerage", "deals")


@pytest.fixture
def iceberg(url: str, registry: SqlRegistry) -> Iterator[SqlCatalog]:
    """The catalogue of environment `dev`, as any Iceberg tool would open it."""
    catalogue = SqlCatalog("dev", uri=url.replace("postgresql://", "postgresql+psycopg://"))
    yield catalogue
    catalogue.close()


def sealed(world: World, folder: Path, key: ObjectKey, id: str) -> Candidate:
    """A candidate with real table metadata on disk."""
    schema = Schema(NestedField(1, f"in_{id}", LongType(), required=False))
    metadata = new_table_metadata(
        schema, UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, f"file://{folder}/{key}"
    )
    place = folder / str(key) / f"{id}.metadata.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(metadata.model_dump_json(by_alias=True))
    base = world.handles().get(key)
    return Candidate(Handle(key, COLUMNS, (file(id),), (), f"file://{place}"), "full", base)


def test_pyiceberg_lists_and_loads_what_is_published(
    world: World, iceberg: SqlCatalog, tmp_path: Path
) -> None:
    deals, second, landing = world.key("deals"), world.key("deals", 2), world.key("raw", port=None)
    for id in ("p1", "p2"):
        world.publish(id, [sealed(world, tmp_path, key, id) for key in (deals, second, landing)])
        assert iceberg.list_namespaces() == [("brokerage",)]
        assert iceberg.list_namespaces("brokerage") == [NAMESPACE]
        assert sorted(iceberg.list_tables(NAMESPACE)) == [(*NAMESPACE, "deals@1"), (*NAMESPACE, "deals@2")]
        for key in (deals, second):
            table = iceberg.load_table(key.identifier)
            assert [field.name for field in table.schema().fields] == [f"in_{id}"]
            assert table.metadata_location == world.handles()[key].metadata
    world.move(world.registry.publications("dev", DEALS)[1])
    assert iceberg.load_table(deals.identifier).metadata_location == world.handles("p1")[deals].metadata


def test_an_object_that_is_gone_leaves_the_catalogue(
    world: World, iceberg: SqlCatalog, tmp_path: Path
) -> None:
    deals, stages = world.key("deals"), world.key("stages")
    first = world.publish("p1", [sealed(world, tmp_path, key, "p1") for key in (deals, stages)])
    world.publish("p2", [sealed(world, tmp_path, deals, "p2")])
    assert iceberg.list_tables(NAMESPACE) == [(*NAMESPACE, "deals@1")]
    world.move(first)
    assert len(iceberg.list_tables(NAMESPACE)) == 2
    world.registry.apply("dev", None, [], [DEALS], [], [])
    assert iceberg.list_namespaces() == []


def test_a_pointer_that_another_tool_moved_is_a_conflict_that_names_the_table(
    world: World, iceberg: SqlCatalog, tmp_path: Path
) -> None:
    deals, stages = world.key("deals"), world.key("stages")
    first = world.publish("p1", [sealed(world, tmp_path, key, "p1") for key in (deals, stages)])
    table = iceberg.load_table(stages.identifier)
    table.transaction().set_properties(owner="somebody").commit_transaction()
    candidates = [sealed(world, tmp_path, key, "p2") for key in (deals, stages)]
    with pytest.raises(Conflict, match=r"brokerage\.deals\.stages@1"):
        world.publish("p2", candidates)
    assert world.current() == first
    assert iceberg.load_table(deals.identifier).metadata_location == world.handles()[deals].metadata
    world.move(first, pinned=False)
    assert iceberg.load_table(stages.identifier).metadata_location == world.handles()[stages].metadata
    assert world.publish("p2", candidates).number == 2


def test_a_table_that_another_tool_made_first_is_a_conflict(
    world: World, iceberg: SqlCatalog, tmp_path: Path
) -> None:
    iceberg.create_namespace(NAMESPACE)
    schema = Schema(NestedField(1, "x", LongType(), required=False))
    iceberg.create_table((*NAMESPACE, "deals@1"), schema, location=f"file://{tmp_path}/foreign")
    with pytest.raises(Conflict, match="another tool"):
        world.publish("p1", [sealed(world, tmp_path, world.key(), "p1")])
    assert world.current() is None


def test_the_pointer_before_is_remembered(world: World, tmp_path: Path) -> None:
    for id in ("p1", "p2"):
        world.publish(id, [sealed(world, tmp_path, world.key(), id)])
    with world.registry._database.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM iceberg_tables")).one()
    assert row.previous_metadata_location == world.handles("p1")[world.key()].metadata
    assert row.iceberg_type == "TABLE"
