"""What draws charts: Vega in a process of its own, and what of its drawings a page may hold."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.adapters.vega.charts import VegaCharts
from meshwright.adapters.vega.clean import ATTRIBUTES, ELEMENTS, Unclean, clean_svg
from meshwright.errors import BuildError

ROWS = {"values": [{"a": "<b>&\"'", "n": 3}, {"a": "</text><script>alert(1)</script>", "n": 5}]}


def spec(**more: Any) -> dict[str, Any]:
    encoding = {
        "x": {"field": "a", "type": "nominal"},
        "y": {"field": "n", "type": "quantitative"},
        "color": {"field": "a", "type": "nominal"},
    }
    style = {"range": {"category": ["var(--hue-0)", "var(--hue-1)"]}}
    return {"data": ROWS, "mark": "bar", "encoding": encoding, "config": style, **more}


@pytest.fixture(scope="module")
def charts() -> Any:
    charts = VegaCharts()
    yield charts
    charts.close()


def names(svg: str) -> tuple[set[str], set[str]]:
    """The elements and attributes of a drawing."""
    nodes = list(ElementTree.fromstring(svg).iter())
    return {node.tag for node in nodes}, {key for node in nodes for key in node.attrib}


def test_a_chart_is_drawn_with_its_rows_as_text(charts: VegaCharts) -> None:
    drawn = charts.svg(spec(), "c1")
    texts = {text for node in ElementTree.fromstring(drawn).iter("text") for text in node.itertext()}
    assert {row["a"] for row in ROWS["values"]} <= texts
    assert "<script" not in drawn
    assert 'fill="var(--hue-0)"' in drawn and 'fill="var(--hue-1)"' in drawn


def test_a_mark_is_told_where_the_pointer_is(charts: VegaCharts) -> None:
    titles = [node.text for node in ElementTree.fromstring(charts.svg(spec(), "c1")).iter("title")]
    assert titles == ["a: <b>&\"'\nn: 3", "a: </text><script>alert(1)</script>\nn: 5"]


def test_ids_of_two_charts_of_one_page_differ(charts: VegaCharts) -> None:
    gradient = {
        "gradient": "linear",
        "stops": [{"offset": 0, "color": "red"}, {"offset": 1, "color": "blue"}],
    }
    first, second = (charts.svg(spec(mark={"type": "bar", "color": gradient}, encoding={}), n) for n in "pq")
    ids = [
        {n.get("id") for n in ElementTree.fromstring(svg).iter() if n.get("id")} for svg in (first, second)
    ]
    assert ids[0] and not ids[0] & ids[1]
    assert all(f"url(#{each})" in first for each in ids[0] if "gradient" in str(each))


@pytest.mark.parametrize(
    "hostile",
    [
        {"mark": {"type": "image", "url": "http://127.0.0.1:9/x.png"}},
        {"mark": {"type": "bar", "href": "https://example.com"}},
        {"mark": {"type": "bar", "fill": "url(https://example.com/#a)", "stroke": "expression(alert(1))"}},
        {"title": "</svg><img src=x onerror=alert(1)>"},
        {"data": {"url": "file:///etc/passwd", "format": {"type": "csv"}}},
    ],
)
def test_what_reaches_out_is_not_in_a_drawing(charts: VegaCharts, hostile: dict[str, Any]) -> None:
    try:
        drawn = charts.svg(spec(**hostile), "c1")
    except BuildError:
        return
    tags, attributes = names(drawn)
    assert tags <= ELEMENTS | {"title"} and attributes <= ATTRIBUTES | {"aria-hidden", "focusable"}
    plain = drawn.lower()
    assert (
        "<img" not in plain and "url(h" not in plain and "expression(" not in plain and "root:" not in plain
    )


def test_what_ends_the_process_that_draws_ends_no_other(charts: VegaCharts) -> None:
    many = {"sequence": {"start": 0, "stop": 3e7}}
    own = VegaCharts()
    with pytest.raises(BuildError, match=r"ended the process|not drawn within"):
        own.svg(spec(data=many, encoding={"x": {"field": "data", "type": "quantitative"}}), "c1")
    assert own.svg(spec(), "c1") == charts.svg(spec(), "c1")
    own.close()


def test_a_chart_that_takes_too_long_is_given_up(charts: VegaCharts) -> None:
    own = VegaCharts(seconds=1)
    own.svg(spec(), "c1")
    ticks = {"x": {"field": "n", "type": "quantitative", "axis": {"tickCount": 1_000_000_000}}}
    with pytest.raises(BuildError, match=r"not drawn within|ended the process"):
        own.svg(spec(encoding=ticks), "c1")
    assert own.svg(spec(), "c2") == charts.svg(spec(), "c2")
    own.close()


def test_a_wrong_chart_says_why_and_the_next_one_is_drawn(charts: VegaCharts) -> None:
    with pytest.raises(BuildError, match="Vega cannot draw this chart"):
        charts.svg(spec(transform=[{"calculate": "nonsense(", "as": "x"}]), "c1")
    assert charts.svg(spec(), "c2").startswith("<svg")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>',
        "<html/>",
        "no svg",
        "<svg>",
    ],
)
def test_what_is_no_plain_svg_is_refused(text: str) -> None:
    with pytest.raises(Unclean):
        clean_svg(text, "c1")


@given(
    st.recursive(
        st.tuples(
            st.sampled_from(
                ["g", "path", "script", "a", "image", "use", "foreignObject", "style", "animate", "text"]
            ),
            st.dictionaries(
                st.sampled_from(
                    ["d", "onload", "href", "style", "fill", "class", "src", "filter", "clip-path"]
                ),
                st.sampled_from(
                    ["javascript:alert(1)", "url(http://x/)", "url(#a)", "red", 'x" onload="a', "\\75rl(a)"]
                ),
            ),
            st.just([]),
        ),
        lambda inner: st.tuples(
            st.sampled_from(["g", "svg", "script"]), st.just({}), st.lists(inner, max_size=3)
        ),
        max_leaves=8,
    )
)
@settings(deadline=None, max_examples=150)
def test_no_drawing_holds_anything_else(tree: Any) -> None:
    def element(node: Any) -> ElementTree.Element:
        tag, attributes, children = node
        made = ElementTree.Element(tag, attributes)
        made.text = "alert(1)<"
        made.extend(element(child) for child in children)
        return made

    root = ElementTree.Element("svg")
    root.append(element(tree))
    cleaned = clean_svg(ElementTree.tostring(root, encoding="unicode"), "c1")
    tags, attributes = names(cleaned)
    assert tags <= ELEMENTS | {"title"}
    assert attributes <= ATTRIBUTES | {"aria-hidden", "focusable"}
    values = [value for node in ElementTree.fromstring(cleaned).iter() for value in node.attrib.values()]
    assert not any("\\" in value or "url(h" in value for value in values)
    texts = [n for n in ElementTree.fromstring(cleaned).iter() if n.text and n.tag not in ("text", "title")]
    assert not texts
