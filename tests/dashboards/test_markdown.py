"""Markdown of tiles is text: no HTML of its author's comes through."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshwright.server.dashboards.markdown import markdown

TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "a", "h3", "h4", "h5", "h6"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\nline\n\nTwo", "<p>One\nline</p>\n<p>Two</p>"),
        ("# A\ntext", "<h3>A</h3>\n<p>text</p>"),
        ("- a\n- *b*\n  more", "<ul><li>a</li><li><em>b</em>\nmore</li></ul>"),
        ("Then:\n1. a\n2) b", "<p>Then:</p>\n<ol><li>a</li><li>b</li></ol>"),
        ("**a** *b* `<c>`", "<p><strong>a</strong> <em>b</em> <code>&lt;c&gt;</code></p>"),
        ("[a](https://x.example/?a=1&b=2)", "https://x.example/?a=1&amp;b=2"),
        ("[home](/dashboards)", '<a href="/dashboards" rel="noopener noreferrer">home</a>'),
        ("2 * 3 * 4 = 24", "<p>2 * 3 * 4 = 24</p>"),
    ],
)
def test_a_small_part_of_markdown(text: str, html: str) -> None:
    assert html in markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](//example.com)",
        "[x](vbscript:x)",
        '[x](https://a.example/"onmouseover="alert(1))',
        "![x](https://example.com/x.png)",
        "<img src=x onerror=alert(1)>",
        "[<img src=x>](https://example.com)",
        "`</code><script>`",
        "# <b>",
        "- <i>",
    ],
)
def test_nothing_hostile_comes_through(text: str) -> None:
    held(str(markdown(text)))


@given(st.text(alphabet="<>&\"'[](){}*`#-+.1 \n\\/:ahjsx\u202e\x00", max_size=80))
def test_whatever_is_written_only_known_elements_come_out(text: str) -> None:
    held(str(markdown(text)))


def held(html: str) -> None:
    """Only known elements, no attribute but those of links, and these lead to the web, mail or here."""

    class Held(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in TAGS
            given = dict(attrs)
            assert set(given) <= ({"href", "rel"} if tag == "a" else set())
            if tag == "a":
                assert re.match(r"https?://|mailto:|/(?!/)|#", given["href"] or "", re.IGNORECASE)

        def handle_comment(self, data: str) -> None:
            raise AssertionError(data)

        def handle_decl(self, decl: str) -> None:
            raise AssertionError(decl)

    parser = Held()
    parser.feed(html)
    parser.close()
