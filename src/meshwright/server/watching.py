"""The sweep for incidents, in the background of the server."""

from __future__ import annotations

import logging
import threading

from meshwright.errors import MeshwrightError
from meshwright.supervision.incidents.sweep import Watch

EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Watching:
    """Sweeps now and then, in a thread, until it is stopped; what goes wrong is logged and tried again."""

    def __init__(self, watch: Watch, seconds: float = EVERY_SECONDS) -> None:
        self._watch = watch
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sweeps", daemon=True)

    def start(self) -> None:
        """Begin with a sweep at once."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Sweep no more; one that is under way is waited for so long."""
        self._over.set()
        self._thread.join(seconds)

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                for problem in self._watch.sweep().problems:
                    _log.warning("incidents: %s", problem)
            except MeshwrightError as error:
                _log.warning("the sweep for incidents failed: %s", error)
            except Exception:  # noqa: BLE001 (the next sweep may do better)
                _log.exception("the sweep for incidents failed")
            self._over.wait(self._seconds)
