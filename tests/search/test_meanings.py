"""Search by meaning: what words have not in common. Skipped where the extra `semantic` is not installed."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from tests.search.searching import MESH, Searched, product

from meshwright.adapters.minilm.meanings import MiniLm, is_installed
from meshwright.errors import MissingPart
from meshwright.provisioning.ports import Meanings
from meshwright.supervision.search.meaning import learn
from meshwright.supervision.search.question import Question
from meshwright.supervision.search.search import MeshSearch
from meshwright.wiring import search_meanings

needs_the_extra = pytest.mark.skipif(
    not is_installed(), reason="search by meaning needs the extra: pip install 'meshwright[semantic]'"
)


@pytest.mark.skipif(is_installed(), reason="the extra `semantic` is installed here")
def test_without_the_extra_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="search by meaning is not installed") as caught:
        search_meanings(tmp_path)
    assert "meshwright[semantic]" in str(caught.value.way_out)


def houses(**more: Any) -> list[Any]:
    columns = [
        {"name": "energy_label", "description": "How well the building is insulated, from A to G."},
        {"name": "acquired_on", "description": "When it was bought."},
        {"name": "floors", "description": "How many storeys it has."},
    ]
    return [product("assets/buildings", {"buildings": columns}, **more)]


@pytest.fixture(scope="module")
def meanings(tmp_path_factory: pytest.TempPathFactory) -> Meanings:
    return MiniLm(tmp_path_factory.mktemp("meanings"))


def first(searched: Searched, meanings: Meanings, text: str, **filters: Any) -> str:
    found = MeshSearch(searched.index, MESH, meanings).ask(Question(text, filters)).found
    return found[0].address.rpartition("/")[2]


@needs_the_extra
def test_a_question_without_a_common_word_is_answered(tmp_path: Path, meanings: Meanings) -> None:
    searched = Searched(tmp_path, houses())
    assert learn(meanings, searched.index.view()) == 6
    assert searched.places("does it waste heat?") == []
    assert first(searched, meanings, "does it waste heat?", type=["column"]) == (
        "out@1#buildings.energy_label"
    )
    assert first(searched, meanings, "levels", type=["column"]) == "out@1#buildings.floors"


@needs_the_extra
def test_only_new_texts_are_learnt(tmp_path: Path, meanings: Meanings) -> None:
    searched = Searched(tmp_path, houses())
    learn(meanings, searched.index.view())
    assert learn(meanings, searched.index.view()) == 0
    searched.renew(houses(description={"purpose": "All we own."}))
    assert learn(meanings, searched.index.view()) == 1
    assert learn(meanings, search_again(tmp_path)) == 0


def search_again(folder: Path) -> Any:
    from meshwright.wiring import search_index

    return search_index(folder).view()


@needs_the_extra
def test_what_was_learnt_is_kept_and_damage_to_it_is_learnt_again(tmp_path: Path) -> None:
    searched = Searched(tmp_path, houses())
    view = searched.index.view()
    assert learn(MiniLm(tmp_path), view) == 6
    assert learn(MiniLm(tmp_path), view) == 0
    file = tmp_path / "meanings.db"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE meanings SET vector = zeroblob(768) WHERE sum % 2 = 0")
        connection.execute("UPDATE meanings SET vector = x'00' WHERE sum % 2 = 1")
    connection.close()
    assert learn(MiniLm(tmp_path), view) == 6
    file.write_bytes(b"no database at all" * 100)
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    again = MiniLm(tmp_path)
    assert learn(again, view) == 6
    assert first(searched, again, "does it waste heat?", type=["column"]) == "out@1#buildings.energy_label"


@needs_the_extra
def test_filters_hold_for_what_is_found_by_meaning(tmp_path: Path, meanings: Meanings) -> None:
    other = product("other/things", {"stuff": [{"name": "insulation", "description": "How warm it stays."}]})
    searched = Searched(tmp_path, [*houses(), other])
    learn(meanings, searched.index.view())
    answer = MeshSearch(searched.index, MESH, meanings).ask(
        Question("does it waste heat?", {"domain": ["assets"]})
    )
    assert answer.found
    assert {each.domain for each in answer.found} == {"assets"}
