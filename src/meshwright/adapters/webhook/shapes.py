"""Messages in the shapes that incoming webhooks take; names in them are text and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from meshwright.provisioning.ports import Message

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~])")
_LINK = re.compile(r" (https?://[^\s]+)$")


def body_of(tool: str, message: Message) -> Mapping[str, Any]:
    """What is posted: our own form, unless the tool has one of its own."""
    return _SHAPES[tool](message) if tool in _SHAPES else message.data


def _slack(message: Message) -> Mapping[str, Any]:
    """An incoming webhook of Slack: in its text `&`, `<` and `>` are all that can become something else."""
    lines = [f"*{_slack_text(message.title)}*", *(f"\u2022 {_slack_text(line)}" for line in message.lines)]
    return {"text": "\n".join(lines), "unfurl_links": False, "unfurl_media": False}


def _slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(message: Message) -> Mapping[str, Any]:
    """An incoming webhook of Mattermost: Markdown, in which `@channel` would call everybody."""
    lines = [f"**{_markdown(message.title)}**", *(f"* {_markdown(line)}" for line in message.lines)]
    return {"text": "\n".join(lines)}


def _markdown(text: str) -> str:
    link = _LINK.search(text)
    said = text[: link.start()] if link else text
    said = _MARKDOWN.sub(r"\\\1", said).replace("@", "@\u200b")
    return f"{said} <{link[1]}>" if link else said


def _teams(message: Message) -> Mapping[str, Any]:
    """A message with an Adaptive Card, as workflows of Teams take it: a text run is never marked up."""
    blocks = [_run(message.title, bold=True), *map(_run, message.lines)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def _run(text: str, bold: bool = False) -> Mapping[str, Any]:
    run = {"type": "TextRun", "text": text, **({"weight": "Bolder"} if bold else {})}
    return {"type": "RichTextBlock", "inlines": [run]}


_SHAPES: Mapping[str, Callable[[Message], Mapping[str, Any]]] = {
    "slack": _slack,
    "mattermost": _mattermost,
    "teams": _teams,
}
