"""What carries alerts to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Carrier = Literal["webhook", "mail"]
"""How a message travels."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message goes: `place` is a URL, `secret:NAME`, or addresses with commas between them.

    `tool` says which shape a webhook takes: `webhook` (our own), `slack`, `teams` or `mattermost`.
    """

    carrier: Carrier
    tool: str
    place: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What is said: a title, lines below it, and the same for programs as plain data.

    `id` is the same whenever the same is said again, so that a receiver may leave out what came twice.
    All texts are plain: what carries them escapes them.
    """

    id: str
    title: str
    lines: Sequence[str]
    data: Mapping[str, Any]


class AlertChannel(Protocol):
    """Carries messages."""

    def send(self, recipient: Recipient, message: Message) -> None:
        """Deliver a message; it has arrived when this returns.

        Raises:
            Unavailable: it was not taken, or nobody knows; says why, and no secret.
            InputError: nothing may be sent there.
            MissingPart: a setting or a secret is not there.
        """
        ...
