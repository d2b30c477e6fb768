"""Forgetting publications, and which files may go."""

from __future__ import annotations

from meshwright.adapters.registry import SqlRegistry
from meshwright.model.address import ProductKey
from meshwright.provisioning.registry import Intent

from .world import DEALS, World, file


def data(paths: tuple[str, ...]) -> set[str]:
    return {path for path in paths if path.endswith(".parquet")}


def sealed(paths: tuple[str, ...]) -> set[str]:
    return {path for path in paths if path.endswith(".metadata.json")}


def test_expire_dooms_what_no_retained_publication_refers_to(world: World) -> None:
    first = world.publish_files([file("a"), file("b")])
    world.publish_files([file("b"), file("c")])
    third = world.publish_files([file("c")])
    gone = world.expire(2)
    assert data(gone) == {file("a").path}
    assert sealed(gone) == {f"/warehouse/{world.key()}/{first.id}.metadata.json"}
    assert set(world.registry.doomed("dev")) == set(gone)
    assert data(world.expire(1)) == {file("a").path, file("b").path}
    assert [p.id for p in world.registry.publications("dev", DEALS)] == [third.id]
    world.registry.forget("dev", world.registry.doomed("dev"))
    assert world.registry.doomed("dev") == ()
    assert world.expire(1) == ()


def test_the_current_publication_is_never_forgotten_nor_the_newest(world: World) -> None:
    first = world.publish_files([file("a")])
    for name in "bcd":
        last = world.publish_files([file(name)])
    world.move(first)
    assert data(world.expire(0)) == {file("b").path, file("c").path}
    assert [p.id for p in world.registry.publications("dev", DEALS)] == [last.id, first.id]
    assert world.paths() == {file("a").path}
    assert world.publish_files([file("e")]).number == 5


def test_a_kept_object_keeps_its_metadata(world: World) -> None:
    world.publish_files([file("a")])
    kept = world.publish_files([file("a")], "keep")
    assert world.expire(1) == ()
    assert world.paths(kept.id) == {file("a").path}
    assert world.registry.metadata_locations("dev") == (world.handles()[world.key()].metadata,)


def test_files_that_another_environment_refers_to_are_not_doomed(registry: SqlRegistry) -> None:
    dev, prod = World(registry), World(registry, environment="prod")
    dev.publish_files([file("shared")])
    prod.publish_files([file("shared")])
    dev.publish_files([file("b")])
    assert data(dev.expire(1)) == set()
    prod.publish_files([file("c")])
    assert data(prod.expire(1)) == {file("shared").path}


def test_doomed_leaves_out_what_lies_below_a_live_run(world: World) -> None:
    world.publish_files([file("a")])
    world.publish_files([file("b")])
    gone = world.expire(1)
    other = ProductKey("brokerage", "reader")
    lock = world.registry.acquire("dev", other, "reader", 60)
    world.registry.intend(lock, Intent("r", "dev", other, lock.fence, "2026", ("/warehouse/a",)), [])
    assert set(world.registry.doomed("dev")) == set(gone) - {file("a").path}
    world.registry.release(lock)
    assert set(world.registry.doomed("dev")) == set(gone)


def test_numbers_survive_expiry(world: World) -> None:
    for name in "abc":
        world.publish_files([file(name)])
    world.expire(1)
    assert world.publish_files([file("d")]).number == 4
