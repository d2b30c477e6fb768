"""Sinks of events: one JSON line each in a file, or one POST each to a server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from meshwright.errors import Unavailable
from meshwright.provisioning.ports import EventSink, Secrets
from meshwright.provisioning.secrets import scrub

TIMEOUT = 5.0
"""Seconds that a server may take to answer."""

TOKEN = "openlineage"  # noqa: S105 (the name of the entry in `secrets`)


class FileSink(EventSink):
    """Adds events to a file, one JSON value a line; several processes may do so at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Add the events.

        Raises:
            Unavailable: the file cannot be written.
        """
        lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab", buffering=0) as file:
                file.write(lines.encode())
        except OSError as error:
            raise Unavailable(
                "OpenLineage events cannot be written",
                where=str(self._path),
                why=error.strerror,
                way_out="let `openlineage` in mesh.yaml name a file that can be written",
            ) from error


class HttpSink(EventSink):
    """Posts each event to a URL; a server that failed once is not asked again."""

    def __init__(self, url: str, secrets: Secrets) -> None:
        self._url = url
        self._secrets = secrets
        self._failed = False

    def send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Post the events in order; nothing where the server failed before.

        Raises:
            Unavailable: it does not answer, or refuses an event.
            MissingPart: the reference to its token leads nowhere.
        """
        if self._failed:
            return
        import requests

        secrets = self._secrets(TOKEN)
        headers = {"Authorization": f"Bearer {secrets['token']}"} if "token" in secrets else {}
        self._failed = True
        for event in events:
            try:
                answer = requests.post(self._url, json=event, headers=headers, timeout=TIMEOUT)
                answer.raise_for_status()
            except (requests.RequestException, OSError) as error:
                raise Unavailable(
                    "the server for OpenLineage events does not take them; no more are sent by this command",
                    where=self._url,
                    why=scrub(str(error), secrets),
                    way_out="see `openlineage` in mesh.yaml; runs do not depend on it",
                ) from None
        self._failed = False
