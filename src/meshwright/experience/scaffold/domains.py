"""Adds a domain to the list in mesh.yaml and leaves every other character as it is."""

from __future__ import annotations

import re

from meshwright.errors import InputError

_KEY = re.compile(r"""^(?:domains|"domains"|'domains')[ \t]*:[ \t]*""", re.MULTILINE)
_ITEM = re.compile(r"""([ \t]*)-[ \t]+(?:"([^"]*)"|'([^']*)'|([^\s#]+))[ \t]*(?:#.*)?\Z""")
_IGNORED = re.compile(r"[ \t]*(?:#.*)?\Z")
_NAME = re.compile(r"[A-Za-z0-9_]+")


def with_domain(text: str, domain: str) -> str:
    """The text of a mesh.yaml whose `domains`, if it has them, hold `domain`.

    Raises:
        InputError: the list is written in a way that cannot be edited.
    """
    key = _KEY.search(text)
    if key is None:
        return text
    if text.startswith("[", key.end()):
        return _into_flow(text, key.end(), domain)
    first_line_end = text.find("\n", key.end())
    rest = text[key.end() : first_line_end if first_line_end >= 0 else len(text)]
    if not _IGNORED.match(rest.rstrip("\r")) or first_line_end < 0:
        raise _by_hand(domain)
    return _into_block(text, first_line_end + 1, domain)


def _into_flow(text: str, start: int, domain: str) -> str:
    """Inserts into `[a, b]`, which may go over several lines with comments in between."""
    at = last = start + 1
    bare = []
    while at < len(text) and text[at] != "]":
        if text[at] == "#" and text[at - 1] in " \t\r\n":
            newline = text.find("\n", at)
            at = newline if newline >= 0 else len(text)
            continue
        if text[at] in "[{&*!":
            raise _by_hand(domain)
        if not text[at].isspace():
            last = at + 1
        bare.append(text[at])
        at += 1
    if at >= len(text):
        raise _by_hand(domain)
    if domain in _NAME.findall("".join(bare)):
        return text
    glue = {"[": "", ",": " "}.get(text[last - 1], ", ")
    return f"{text[:last]}{glue}{domain}{text[last:]}"


def _into_block(text: str, start: int, domain: str) -> str:
    """Inserts after the last `- item` below the key, with the same indentation."""
    at, insert_at, indent = start, -1, ""
    for line in text[start:].splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        item = _ITEM.match(bare)
        if item is not None:
            if domain in item.groups()[1:]:
                return text
            indent, insert_at = item[1], at + len(line)
        elif not _IGNORED.match(bare):
            if bare[:1].isspace() or bare.startswith("-"):
                raise _by_hand(domain)
            break
        at += len(line)
    if insert_at < 0:
        raise _by_hand(domain)
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text[:insert_at] if text[:insert_at].endswith("\n") else text[:insert_at] + newline
    return f"{before}{indent}- {domain}{newline}{text[insert_at:]}"


def _by_hand(domain: str) -> InputError:
    return InputError(
        "`domains` in mesh.yaml is not a plain list of names",
        where="mesh.yaml",
        way_out=f"add `{domain}` to it by hand, then try again",
    )
