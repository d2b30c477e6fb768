"""Searches of the graph find what a plain search of its edges finds, by shortest paths."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.model.lineage import ANY, MEANING, ROWS
from meshwright.supervision.lineage.edges import Place
from meshwright.supervision.lineage.graph import CARRIES, PART, GraphBuilder

TABLES = [("mesh://m/d/a/p@1", "t"), ("mesh://m/d/b/p@1", "t"), ("mesh://m/d/b/p@1", "u"), ("source:s", "t")]
places = st.builds(
    lambda table, column: Place(*table, column),
    st.sampled_from(TABLES),
    st.sampled_from(["a", "b", "c", "a.x", ROWS, ANY]),
)
edges = st.lists(st.tuples(places, places, st.integers(0, len(MEANING) - 1)), max_size=40)


def built(found):
    builder = GraphBuilder()
    for source, target, how in found:
        one = builder.table(source.address, source.object)[source.column]
        other = builder.table(target.address, target.object)[target.column]
        builder.add(one, other, how)
        builder.made_by(other, "m")
    return builder.build()


def plain_edges(found):
    """The edges with those inside tables, as (source, target) -> whether values are carried."""
    all_places = {place for source, target, _ in found for place in (source, target)}
    plain = {}
    for source, target, how in found:
        plain[source, target] = plain.get((source, target), False) or CARRIES[how]
    for one in all_places:
        for other in all_places:
            if one[:2] != other[:2] or one == other:
                continue
            if one.column == ROWS:
                plain[one, other] = plain.get((one, other), False)
            elif other.column == ANY or other.column.startswith(one.column + "."):
                plain[one, other] = (
                    True if other.column != ROWS and one.column != ANY else plain.get((one, other))
                )
    return {pair: carried for pair, carried in plain.items() if carried is not None}


def distances(plain, start, downstream, indirect):
    found, level = {start: 0}, [start]
    while level:
        following = []
        for (source, target), carried in plain.items():
            one, other = (source, target) if downstream else (target, source)
            if one in level and other not in found and (indirect or carried):
                found[other] = found[one] + 1
                following.append(other)
        level = following
    return found


@settings(max_examples=200, deadline=None)
@given(found=edges.filter(bool), downstream=st.booleans(), indirect=st.booleans(), data=st.data())
def test_a_search_finds_every_place_at_its_distance_with_a_path(found, downstream, indirect, data):
    graph, plain = built(found), plain_edges(found)
    start = data.draw(st.sampled_from(sorted({place for edge in found for place in edge[:2]})))
    number = graph.number_of(start)
    reach = graph.reach([number], downstream, indirect)
    expected = distances(plain, start, downstream, indirect)
    assert {graph.places[n]: d for d, level in enumerate(reach.levels) for n in level} == expected
    for place, distance in expected.items():
        path = reach.path(graph.number_of(place))
        assert len(path) == distance
        ends = [path[0].source, path[-1].target] if path else [start, start]
        assert ends == ([start, place] if downstream else [place, start])
        assert all(one.target == other.source for one, other in pairwise(path))
        assert all((step.source, step.target) in plain for step in path)
        assert all(step.how == PART or indirect or CARRIES[step.how] for step in path)


def test_names_are_found_without_regard_to_capitals():
    graph = built([(Place("source:s", "T", "Amount"), Place("mesh://m/d/a/p@1", "t", "a"), 0)])
    assert graph.starts("source:s", "t", "AMOUNT") == graph.starts("source:s", "T", "amount") != []


def test_a_field_that_nothing_reads_by_itself_is_where_its_column_is():
    graph = built([(Place("source:s", "t", "place"), Place("mesh://m/d/a/p@1", "t", "a"), 0)])
    reach = graph.reach(graph.starts("source:s", "t", "place.city"))
    assert [place.column for _, place in reach] == ["a"]


def test_tables_are_reached_through_circles():
    builder = GraphBuilder()
    a, b, c = TABLES[:3]
    builder.links |= {(a, b), (b, a), (b, c)}
    graph = builder.build()
    assert graph.reach_tables([a]) == {b: 1, c: 2}
    assert graph.reach_tables([c], downstream=False) == {b: 1, a: 2}
