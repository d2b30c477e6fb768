"""The index follows the mesh, several processes share it, and damage never shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.search.searching import MESH, Searched, kept, product, tables

from meshwright.adapters.tantivy.view import TantivyView
from meshwright.errors import Conflict, LockHeld
from meshwright.model.product import Bundle
from meshwright.supervision.search.renewal import Renewal, is_current, renew
from meshwright.supervision.search.state import State
from meshwright.wiring import search_index


def many(count: int = 20, **changed: str) -> list[Bundle]:
    return [
        product(f"d{at % 3}/p{at}", {"things": ["id", changed.get(f"p{at}", f"column{at}")]})
        for at in range(count)
    ]


def test_a_change_of_one_product_writes_its_entries_only(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    assert searched.renewal == Renewal(units=20, entries=100)
    assert searched.renew(many(p7="novelty")) == Renewal(units=1, entries=5)
    assert searched.places("novelty", type=["column"]) == ["d1/p7/out@1#things.novelty"]
    assert searched.places("column7", type=["column"]) == []
    assert searched.places("column8", type=["column"])[0] == "d2/p8/out@1#things.column8"


def test_products_come_and_go(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    assert searched.renew(many(19)) == Renewal(units=1, entries=0)
    assert searched.places("column19", type=["column"]) == []
    assert searched.renew(many(21)) == Renewal(units=2, entries=10)
    assert searched.places("column20", type=["column"])[0] == "d2/p20/out@1#things.column20"
    assert searched.renew([]) == Renewal(units=21, entries=0)
    assert searched.ask("column").total == 0


def test_a_domain_is_an_entry_of_its_own(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many(3), domains={"d1": "Old words."})
    assert searched.renew(many(3), domains={"d1": "Newer ones."}) == Renewal(units=1, entries=1)
    assert searched.places("newer") == ["d1"]
    assert searched.ask("old", type=["domain"]).total == 0


def test_a_mesh_that_is_the_same_writes_nothing(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    before = sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "index-1").iterdir())
    other = search_index(tmp_path)
    assert is_current(other, MESH, kept(many()).token())
    assert renew(other, tables(kept(many()))) == Renewal()
    after = sorted((path.name, path.stat().st_mtime_ns) for path in (tmp_path / "index-1").iterdir())
    assert after == before
    assert searched.renew(many()) == Renewal()


def test_facts_alone_touch_no_entry(tmp_path: Path) -> None:
    from dataclasses import replace

    searched = Searched(tmp_path, many())
    moved = replace(tables(kept(many())), token=("one", "later"))
    assert renew(searched.index, moved) == Renewal(units=0, entries=0)
    assert is_current(search_index(tmp_path), MESH, ("one", "later"))
    assert searched.places("column8", type=["column"])[0] == "d2/p8/out@1#things.column8"


def test_a_change_counts_the_same_as_a_new_index(tmp_path: Path) -> None:
    grown = Searched(tmp_path / "grown", many(5))
    for count in (9, 3, 12, 7, 30, 20):
        grown.renew(many(count, **{f"p{count // 2}": f"x{count}"}))
    last = many(20, p10="x20")
    assert grown.renew(last).current
    fresh = Searched(tmp_path / "fresh", last)
    for text in ("x20", "column3", "things", "id", "p4"):
        assert sorted(grown.places(text, limit=200)) == sorted(fresh.places(text, limit=200)), text
        assert grown.ask(text).facets == fresh.ask(text).facets, text


def test_an_index_of_another_mesh_is_made_anew(tmp_path: Path) -> None:
    from meshwright.supervision.metamodel.tables import MeshTables
    from meshwright.supervision.search.documents import RELATIONS

    Searched(tmp_path, many(3))
    other = MeshTables.empty("other", RELATIONS).refreshed(kept(many(2)))
    index = search_index(tmp_path)
    assert renew(index, other).entries == 10
    assert State.read(index.view().state, MESH) is None
    assert State.read(index.view().state, "other") is not None


def test_an_index_of_another_mesh_answers_nothing(tmp_path: Path) -> None:
    from meshwright.supervision.search.question import Question
    from meshwright.supervision.search.search import MeshSearch

    searched = Searched(tmp_path, many(3))
    answer = MeshSearch(searched.index, "other").ask(Question("things"))
    assert (answer.found, answer.total, answer.current) == ((), 0, False)


def test_an_older_answer_stays_as_it_was_while_the_index_goes_on(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    view = searched.index.view()
    searched.renew(many(p7="novelty"))
    assert view.knows("column7") and not view.knows("novelty")
    assert searched.index.view().knows("novelty")


def test_what_one_process_writes_another_sees(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    other = Searched.__new__(Searched)
    other.folder, other.index = tmp_path, search_index(tmp_path)
    assert other.places("column8", type=["column"])[0] == "d2/p8/out@1#things.column8"
    searched.renew(many(p8="novelty"))
    assert other.places("novelty", type=["column"])[0] == "d2/p8/out@1#things.novelty"


def test_only_one_process_writes_at_a_time(tmp_path: Path) -> None:
    first, second = search_index(tmp_path), search_index(tmp_path)

    def during() -> bytes:
        with pytest.raises(LockHeld):
            second.write(second.view(), None, (), lambda: b"second")
        return b"first"

    first.write(first.view(), None, (), during)
    assert second.view().state == b"first"


def test_what_was_worked_out_from_an_older_state_is_not_written(tmp_path: Path) -> None:
    first, second = search_index(tmp_path), search_index(tmp_path)
    old = second.view()
    first.write(first.view(), None, (), lambda: b"first")
    with pytest.raises(Conflict):
        second.write(old, None, (), lambda: b"second")
    assert second.view().state == b"first"


def test_what_is_written_while_a_state_is_read_is_seen_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = search_index(tmp_path), search_index(tmp_path)
    writer.write(writer.view(), None, (), lambda: b"first")
    read = TantivyView.state.func

    def state_and_then(view: TantivyView) -> bytes | None:
        monkeypatch.undo()
        found = read(view)
        writer.write(writer.view(), None, (), lambda: b"second")
        return found

    monkeypatch.setattr(TantivyView, "state", property(state_and_then))
    reader.view()
    assert reader.view().state == b"second"


def test_while_another_process_writes_the_older_mesh_is_told_and_said_to_be(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many())
    other = search_index(tmp_path)
    waited: list[float] = []
    result: list[Renewal] = []

    def during() -> bytes:
        result.append(renew(other, tables(kept(many(p8="novelty"))), 0.3, waited.append))
        return b"{}"

    searched.index.write(searched.index.view(), (), (), during)
    assert result == [Renewal(current=False)]
    assert len(waited) == 3


SCRIPT = """
import sys
from pathlib import Path
from tests.search.searching import Searched
from tests.search.test_kept_index import many
number = int(sys.argv[2])
for count in range(4, 12):
    searched = Searched(Path(sys.argv[1]), many(count + number))
    answer = searched.ask("things", limit=100, type=["object"])
    assert answer.found, answer
print("done")
"""


def test_processes_that_write_at_once_leave_a_whole_index(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path), str(number)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(3)
    ]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert out.strip() == "done", err
    searched = Searched(tmp_path, many(9))
    assert searched.index.writable
    assert searched.ask("things", type=["object"]).total == 9
    assert searched.ask("", type=["column"]).total == 18


# --- damage


def segments(folder: Path) -> list[Path]:
    kinds = {".idx", ".term", ".store", ".fast", ".fieldnorm", ".pos"}
    return [path for path in sorted((folder / "index-1").iterdir()) if path.suffix in kinds]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def flipped(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 3] ^= 0x55
    path.write_bytes(bytes(whole))


@pytest.mark.parametrize("harm", [cut, emptied, flipped, Path.unlink])
def test_damage_to_any_file_is_seen_and_mended(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    suffixes = sorted({path.suffix for path in segments_of(tmp_path / "first")})
    assert len(suffixes) == 6
    for suffix in suffixes:
        folder = tmp_path / suffix[1:]
        for path in segments_of(folder):
            if path.suffix == suffix:
                harm(path)
        again = Searched(folder, many(6))
        assert again.index.writable
        assert again.renewal.entries == 30, suffix
        assert again.ask("things", type=["object"]).total == 6
        assert is_current(search_index(folder), MESH, kept(many(6)).token())


def segments_of(folder: Path) -> list[Path]:
    Searched(folder, many(6))
    return segments(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"segments": 1}', b"\xff\xfe", None])
def test_damage_to_the_list_of_segments_is_mended(tmp_path: Path, content: bytes | None) -> None:
    Searched(tmp_path, many(6))
    meta = tmp_path / "index-1" / "meta.json"
    meta.unlink() if content is None else meta.write_bytes(content)
    again = Searched(tmp_path, many(6))
    assert again.ask("things", type=["object"]).total == 6
    assert is_current(search_index(tmp_path), MESH, kept(many(6)).token())


def test_damage_while_an_index_is_open_does_not_reach_its_readers(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many(6))
    assert searched.ask("things", type=["object"]).total == 6
    for path in segments(tmp_path):
        replaced = path.with_name("new")
        replaced.write_bytes(b"")
        replaced.replace(path)
    assert searched.ask("things", type=["object"]).total == 6
    again = Searched(tmp_path, many(6))
    assert again.ask("things", type=["object"]).total == 6
    assert searched.ask("things", type=["object"]).total == 6


def test_an_index_with_nothing_in_it_says_that_it_is_not_the_mesh(tmp_path: Path) -> None:
    searched = Searched(tmp_path, many(6))
    assert searched.ask("things").current
    cut(segments(tmp_path)[0])
    searched.index = search_index(tmp_path)
    assert not searched.ask("things").current


def test_where_no_folder_can_be_made_the_index_lives_in_memory(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    searched = Searched(tmp_path / "taken", many(6))
    assert not searched.index.writable
    assert searched.renewal.current
    assert searched.ask("things", type=["object"]).total == 6
    assert searched.renew(many(7)).units == 1


def test_a_folder_of_something_else_is_left_alone_beside_the_index(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    (tmp_path / "index-1").mkdir()
    (tmp_path / "index-1" / "junk").write_bytes(b"junk")
    assert Searched(tmp_path, many(6)).ask("things", type=["object"]).total == 6
    assert (tmp_path / "note.txt").read_text() == "mine"
