"""Which support channels take alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from meshwright.provisioning.ports import Recipient
from meshwright.supervision.metamodel.tables import MeshTables

SECRET = "secret:"  # noqa: S105 (a prefix)
"""What the `url` of a channel begins with whose real URL is a secret of the environment."""

_SHAPES = ("slack", "teams", "mattermost")
_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_TEAMS = (".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com")


@dataclass(frozen=True, slots=True)
class Channel:
    """A support channel that takes alerts, by its name."""

    name: str
    recipient: Recipient


def channels_of(tables: MeshTables) -> Mapping[str, Sequence[Channel]]:
    """The channels by subject (`domain/product`, or a domain); a product without has its domain's."""
    found: dict[str, list[Channel]] = {}
    table = tables.tables["support"]
    names = ("of", "domain", "product", "position", "channel", "url", "tool", "alerts")
    for row in zip(*(table[name].to_pylist() for name in names), strict=True):
        told = dict(zip(names, row, strict=True))
        if told["of"] not in ("product", "domain"):
            continue
        recipient = recipient_of(told)
        if recipient is not None:
            subject = f"{told['domain']}/{told['product']}" if told["product"] else told["domain"]
            found.setdefault(subject, []).append(Channel(told["channel"], recipient))
    return {subject: tuple(_named_apart(channels)) for subject, channels in found.items()}


def channels_for(subject: str, channels: Mapping[str, Sequence[Channel]]) -> Sequence[Channel]:
    """The channels that hear of a subject: its own, else those of its domain."""
    return channels.get(subject) or channels.get(subject.partition("/")[0], ())


def recipient_of(row: Mapping[str, Any]) -> Recipient | None:
    """Where alerts go by a row of `mesh.support`; None for a channel that people visit.

    Mail addresses (`mailto:`) and webhooks take alerts. A URL is a webhook where `tool` is `webhook`, where
    it is an incoming webhook of Slack, Teams or Mattermost by its place, where it is a secret, or where the
    custom property `alerts` says so; that property can also say no.
    """
    said = str(row["alerts"] or "").lower()
    url = str(row["url"] or "").strip()
    if said == "false" or not url:
        return None
    tool = str(row["tool"] or "").strip().lower()
    if url[:7].lower() == "mailto:":
        addresses = unquote(url[7:].partition("?")[0])
        return Recipient("mail", "email", addresses) if addresses else None
    shape = tool if tool in _SHAPES else "webhook"
    if url.startswith(SECRET):
        return Recipient("webhook", shape, url)
    parts = _parts(url)
    if parts is None:
        return None
    if said == "true" or tool == "webhook" or _takes_messages(shape, parts):
        return Recipient("webhook", shape, url)
    return None


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def _takes_messages(shape: str, parts: SplitResult) -> bool:
    host = (parts.hostname or "").lower()
    match shape:
        case "slack":
            return host in _SLACK
        case "teams":
            return host.endswith(_TEAMS)
        case "mattermost":
            return "/hooks/" in parts.path
    return False


def _named_apart(channels: Sequence[Channel]) -> Iterator[Channel]:
    """The channels with a number behind names that come again."""
    times: dict[str, int] = {}
    for channel in channels:
        times[channel.name] = count = times.get(channel.name, 0) + 1
        yield channel if count == 1 else Channel(f"{channel.name} ({count})", channel.recipient)
