"""Pages as a program reads them: their texts, their links, and whether they are well formed."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

VOID = frozenset({"wbr", "meta", "link", "input", "br", "img", "hr"})
SHAPES = frozenset({"circle", "path", "rect", "line"})


class Page(HTMLParser):
    """One page: `links` are addresses of this site, `texts` what a person reads, `tags` every element.

    Raises an AssertionError where elements do not nest.
    """

    def __init__(self, address: str, html: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.abroad: list[str] = []
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"{address}: not closed: {self._open}"

    @property
    def text(self) -> str:
        """Everything that a person reads, in one line."""
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag not in VOID:
            self._open.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        for name in ("href", "src", "action"):
            value = found.get(name)
            if value is not None:
                self._note(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1] == tag, f"{self.address}: </{tag}> closes {self._open[-3:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def _note(self, value: str) -> None:
        whole = urljoin("http://testserver" + self.address, value)
        if urlsplit(whole).netloc == "testserver":
            self.links.append(whole.removeprefix("http://testserver"))
        else:
            self.abroad.append(value)


def without_fragment(link: str) -> str:
    """A link as it is asked for."""
    return link.partition("#")[0]
