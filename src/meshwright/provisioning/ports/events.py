"""What takes the events of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class EventSink(Protocol):
    """Takes events of runs as plain data."""

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Take events, in order.

        Raises:
            Unavailable: they are not taken; says why.
        """
        ...
