"""Markdown of tiles: a small part of it, and no HTML.

Paragraphs, headings, lists, emphasis, code and links to the web, to mail and within this site. Everything
else is text as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from meshwright.model.printable import printable

_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\[(?P<text>[^\[\]\n]+)\]\((?P<to>[^()\s]+)\)"
    r"|\*\*(?!\s)(?P<strong>[^*\n]+)(?<!\s)\*\*"
    r"|\*(?!\s)(?P<em>[^*\n]+)(?<!\s)\*"
)
_ITEM = re.compile(r"(?:[-*+]|(?P<number>\d{1,9})[.)])\s+(?P<rest>.*)")
_HEADING = re.compile(r"(?P<marks>#{1,6})\s+(?P<text>.*?)\s*#*\s*\Z")
_TARGET = re.compile(r"https?://|mailto:|/(?!/)|#", re.IGNORECASE)


def markdown(text: str) -> Markup:
    """The text as HTML; headings begin at the third level."""
    return Markup("\n").join(_blocks(printable(text, keep="\n").split("\n")))


def _blocks(lines: list[str]) -> Iterator[Markup]:
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            heading = _HEADING.match(line.strip())
            starts = heading is not None or (_ITEM.match(line.strip()) and not _is_list(block))
            if starts and block:
                yield _block(block)
                block = []
            block.append(line.strip())
            if heading is not None:
                yield _block(block)
                block = []
        elif block:
            yield _block(block)
            block = []


def _is_list(block: list[str]) -> bool:
    return bool(block) and _ITEM.match(block[0]) is not None


def _block(lines: list[str]) -> Markup:
    heading = _HEADING.match(lines[0])
    if heading is not None:
        level = min(6, 2 + len(heading["marks"]))
        return Markup("<h{0}>{1}</h{0}>").format(level, _inline(heading["text"]))
    if not _is_list(lines):
        return Markup("<p>{}</p>").format(_inline("\n".join(lines)))
    items: list[str] = []
    for line in lines:
        item = _ITEM.match(line)
        if item is not None:
            items.append(item["rest"])
        else:
            items[-1] += f"\n{line}"
    first = _ITEM.match(lines[0])
    whole = Markup("<ol>{}</ol>") if first is not None and first["number"] else Markup("<ul>{}</ul>")
    return whole.format(Markup("").join(Markup("<li>{}</li>").format(_inline(item)) for item in items))


def _inline(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[end : found.start()]))
        end = found.end()
        if found["code"] is not None:
            parts.append(Markup("<code>{}</code>").format(found["code"]))
        elif found["text"] is not None:
            parts.append(_link(found["text"], found["to"], found[0]))
        else:
            strong = found["strong"] is not None
            whole = Markup("<strong>{}</strong>") if strong else Markup("<em>{}</em>")
            parts.append(whole.format(_inline(found["strong"] if strong else found["em"])))
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def _link(text: str, to: str, whole: str) -> Markup:
    if not _TARGET.match(to):
        return escape(whole)
    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(to, text)
